/// The report page's style sheet: no fonts or files from elsewhere, light and dark, and fit to print.
enum PageStyle {
    static let rules = """
        :root{color-scheme:light dark;--paper:#fff;--ink:#1d2329;--faint:#5d666e;--line:#dfe3e6;--panel:#f5f7f8;--accent:#0b6e99;
          --good:#0a7a4b;--bad:#b3261e;--warn:#8a5a00;--warnpaper:#fff6e0}
        @media (prefers-color-scheme:dark){:root{--paper:#14181b;--ink:#e6e9ec;--faint:#9aa4ac;--line:#2c3338;--panel:#1c2226;
          --accent:#63b8dd;--good:#4fce95;--bad:#ff8a80;--warn:#f0c060;--warnpaper:#2b2412}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;
          -webkit-text-size-adjust:100%}
        main{max-width:78rem;margin:0 auto;padding:3rem 1.5rem 5rem}
        header p{color:var(--faint);margin:.25rem 0 0}
        h1{font-size:1.9rem;line-height:1.2;margin:0;letter-spacing:-.01em}
        h2{font-size:1.2rem;margin:3rem 0 .4rem;padding-top:1rem;border-top:1px solid var(--line)}
        h3{font-size:1rem;margin:2rem 0 .3rem}
        h2+p{margin-top:0;color:var(--faint);max-width:46rem}
        .lead{font-size:1.1rem;max-width:52rem;margin:1.5rem 0 0;padding:0;list-style:none}
        .lead li{margin:.5rem 0;padding-left:1rem;border-left:3px solid var(--accent)}
        .notes{background:var(--warnpaper);border-radius:.5rem;padding:.75rem 1rem .75rem 2rem;margin:1.5rem 0 0;max-width:52rem;
          font-size:.93rem}
        .notes li::marker{color:var(--warn)}
        .scroll{overflow-x:auto;margin:1rem 0;-webkit-overflow-scrolling:touch}
        table{border-collapse:collapse;font-size:.84rem;font-variant-numeric:tabular-nums;white-space:nowrap;min-width:100%}
        th,td{padding:.5rem .5rem;text-align:right;border-bottom:1px solid var(--line)}
        th{font-weight:600;color:var(--faint);font-size:.8rem;vertical-align:bottom}
        th.t,td.t{text-align:left}
        td.strong{font-weight:650}
        tr.best td{background:var(--panel)}
        tr.emulated td.time{color:var(--faint);opacity:.6}
        td.reason{white-space:normal;min-width:16rem}
        .v{font-weight:600}.v-best,.v-passes{color:var(--good)}.v-failed,.v-below{color:var(--bad)}.v-unjudged{color:var(--warn)}
        .chart{margin:1rem 0;max-width:62rem}.scroll>.chart{min-width:42rem}
        .slices{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(15rem,100%),1fr));gap:1.25rem;margin:1rem 0}
        figure{margin:0}figure .chart{border-radius:.4rem;margin:0;background:#000}
        figcaption{font-size:.85rem;color:var(--faint);margin-top:.4rem}
        .key{display:inline-block;width:1.6rem;border-top:3px solid #00c48c;vertical-align:middle;margin:0 .3rem 0 0}
        .key.dashed{border-top:3px dashed #ff9d2e;margin-left:1rem}
        details{border-bottom:1px solid var(--line)}summary{cursor:pointer;padding:.6rem 0;font-weight:600}
        dl{display:grid;grid-template-columns:minmax(8rem,14rem) 1fr;gap:.3rem 1rem;font-size:.85rem;margin:.2rem 0 1.2rem}
        dt{color:var(--faint)}dd{margin:0;overflow-wrap:anywhere}
        footer{margin-top:3rem;color:var(--faint);font-size:.85rem}
        @media (max-width:40rem){main{padding:1.5rem 1rem 3rem}h1{font-size:1.5rem}dl{grid-template-columns:1fr}dd{margin-bottom:.4rem}}
        @media print{:root{--paper:#fff;--ink:#000;--faint:#444;--line:#ccc;--panel:#f2f2f2;--good:#06603a;--bad:#8c1d18}
          main{max-width:none;padding:0}h2{break-after:avoid}table{font-size:7.5pt;white-space:normal}th,td{padding:2pt 3pt}
          figure,svg,tr{break-inside:avoid}.scroll{overflow:visible}}
        """
}
