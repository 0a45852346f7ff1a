/// The contract of the HTTP API, served at /openapi.json; `docs/openapi.json` is the same text, which a test checks.
enum OpenAPI {
    static let document = """
        {}

        """
}
