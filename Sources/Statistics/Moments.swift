extension Collection<Double> {
    /// Not a number if there is no value.
    var mean: Double { reduce(0, +) / Double(count) }

    /// The sum of the squared distances from `centre`.
    func squares(around centre: Double) -> Double { reduce(0) { $0 + ($1 - centre) * ($1 - centre) } }
}
