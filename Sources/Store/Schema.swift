/// The database's schema: numbered migrations, which are never edited once released, and the views of today's tables.
enum Schema {
    /// “HRNS”: marks a SQLite file as ours (`PRAGMA application_id`).
    static let applicationID: Int32 = 0x4852_4E53
    /// The schema this build writes (`PRAGMA user_version`).
    static var version: Int { migrations.count }

    /// The last migration that made views of its own, and counts on finding those of the one before.
    private static let lastWithViews = 4

    /// Takes a database from an older schema to this one, in the transaction of the caller.
    static func migrate(_ connection: Connection, from version: Int) throws(StoreError) {
        for (number, migration) in zip(1..., migrations).dropFirst(version) {
            // A table that a view reads cannot be rebuilt.
            if number > lastWithViews { try dropViews(connection) }
            try connection.execute(migration)
        }
        try dropViews(connection)
        try connection.execute(String(decoding: PackageResources.views_sql, as: UTF8.self))
        try DerivedLatency.fill(connection)
        try connection.execute("PRAGMA application_id = \(applicationID)")
        try connection.execute("PRAGMA user_version = \(Schema.version)")
    }

    private static func dropViews(_ connection: Connection) throws(StoreError) {
        for view in try connection.rows("SELECT name FROM sqlite_schema WHERE type = 'view'", [], { $0.text(0) }) {
            try connection.execute("DROP VIEW \"\(view)\"")
        }
    }

    /// Names of the database's tables, in the order in which they were created.
    static func tables(_ connection: Connection) throws(StoreError) -> [String] {
        try connection.rows(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY rowid"
        ) { $0.text(0) }
    }

    /// What the names of tables begin with that are computed from others: no seal covers them.
    static let derivedPrefix = "derived_"
}
