// Written by scripts/list-migrations: do not edit.
extension Schema {
    /// Files of the folder Migrations in the order of their numbers; docs/schema.md describes every table and column.
    static let migrations: [String] = [
        PackageResources._001_runs_sql,
        PackageResources._002_gpus_sql,
        PackageResources._003_runners_sql,
        PackageResources._004_scenarios_sql,
        PackageResources._005_health_sql,
        PackageResources._006_seals_sql,
        PackageResources._007_repeats_sql,
        PackageResources._008_profiles_sql,
        PackageResources._009_masks_sql,
        PackageResources._010_windows_sql,
        PackageResources._011_derived_figures_sql,
    ].map { String(decoding: $0, as: UTF8.self) }
}
