import Hashing

// What the wire names blobs by; whoever imports it needs no second import for that.
public typealias SHA256Digest = Hashing.SHA256Digest
public typealias SHA256Hasher = Hashing.SHA256Hasher
