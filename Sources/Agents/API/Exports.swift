// Who speaks the protocol means these values and names blobs by these digests: no second import for that.
@_exported import Hashing
@_exported import Results
