/// The report's part on where the time goes: what is said of one bundle on one target.
struct ProfileSection {
    static let title = "Where the time goes"
    static let about =
        "Each function of a module under TVM's instrument, apart from the runs above. A point below the roof has room to be faster; its area is its share of the call."

    let heading: String
    let table: ProfileTable

    /// One for each shown run whose bundle was profiled on its target.
    static func all(_ model: ReportModel) -> [ProfileSection] {
        model.shown.compactMap { entry in
            entry.profile.map { ProfileSection(heading: entry.label, table: ProfileTable($0)) }
        }
    }

    var cells: [[String]] { table.lines.map(ProfileTable.cells) }
    var chart: SVG? { RooflineChart(title: heading, table: table).draw() }
}
