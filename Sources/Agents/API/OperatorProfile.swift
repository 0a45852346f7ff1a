/// Where a module's time goes: its functions, timed one by one by the virtual machine's instrument.
public struct OperatorProfile: Codable, Hashable, Sendable {
    /// One function that the virtual machine calls, in the order of the first call.
    public struct Function: Codable, Hashable, Sendable {
        public var function: String
        /// How often it is called in one call of the module.
        public var calls: Int
        /// Of what all its calls in one call of the module take, over the profiled calls.
        public var medianNs: Int64
        public var leastNs: Int64

        public init(function: String, calls: Int, medianNs: Int64, leastNs: Int64) {
            self.function = function
            self.calls = calls
            self.medianNs = medianNs
            self.leastNs = leastNs
        }
    }

    /// What a call of the module took with the instrument, and as many right before without.
    public var profiledNs: [Int64]
    public var plainNs: [Int64]
    public var functions: [Function]

    public init(profiledNs: [Int64], plainNs: [Int64], functions: [Function]) {
        self.profiledNs = profiledNs
        self.plainNs = plainNs
        self.functions = functions
    }
}
