import Store
import TestSupport
import Testing

@testable import Report

/// The report in a real browser.
@Suite(.serialized) struct BrowserTests {
    private func open(_ width: Int, _ script: String, _ runs: [RunDetail]? = nil) throws -> (dom: String, log: String) {
        let folder = try TemporaryFolder()
        let runs = try runs ?? TestData.fleet()
        let html = ReportForms.html(ReportBuilder.build(runs, title: "T", now: "2026-01-01T00:00:00Z"))
        // The question is put to the finished page, and its answer read from the document.
        let probe =
            "<script>addEventListener('load',()=>{document.body.dataset.answer=JSON.stringify((\(script))())})</script></body>"
        let page = try folder.write("report.html", html.replacing("</body>", with: probe))
        let ending = try ChildProcess.run([
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files",
            "--enable-logging=stderr", "--v=0",
            "--user-data-dir=\(folder.path)/profile", "--window-size=\(width),2000", "--virtual-time-budget=5000",
            "--dump-dom",
            "file://\(page)",
        ])
        try #require(ending.status == 0, "chromium: \(ending.error.suffix(300)); install it with `make packages`")
        return (ending.output, ending.error)
    }

    private static let question = """
        () => ({svg: document.querySelectorAll('svg.chart').length, figures: document.querySelectorAll('figure image').length,
        rows: document.querySelectorAll('#matrix tbody tr').length,
        empty: [...document.querySelectorAll('svg.chart')].filter(e => e.getBoundingClientRect().width < 50).length,
        sideways: document.documentElement.scrollWidth > document.documentElement.clientWidth, width: innerWidth})
        """

    @Test("Chromium shows all figures and tables, without a word in its console")
    func figures() throws {
        let (dom, log) = try open(1280, Self.question)
        let answer = dom.components(after: "data-answer=\"", before: "\"")
        #expect(
            answer.contains("&quot;svg&quot;:3,&quot;figures&quot;:1,&quot;rows&quot;:5,&quot;empty&quot;:0"),
            "\(answer)")
        #expect(answer.contains("&quot;sideways&quot;:false"))
        #expect(!log.contains("CONSOLE"), "\(log)")
    }

    @Test(
        "A browser makes neither attributes nor elements of a variant's name",
        arguments: [
            "x\"\u{301} onmouseover=\"alert(1)", "<\u{338}script>alert(1)</script>", "</title></svg><img onerror=x>",
        ])
    func hostile(name: String) throws {
        let question = """
            () => ({handlers: [...document.querySelectorAll('*')].flatMap(e => [...e.attributes])
            .filter(a => a.name.startsWith('on')).length, scripts: document.scripts.length, images: document.images.length,
            charts: document.querySelectorAll('svg.chart').length})
            """
        let runs = try [1, 2].map { try TestData.run(Int64($0), variant: "\(name)\($0)", medianNs: 4_000_000) }
        let answer = try open(1280, question, runs).dom.components(after: "data-answer=\"", before: "\"")
        // The one script is the question itself.
        #expect(answer == "{\"handlers\":0,\"scripts\":1,\"images\":0,\"charts\":3}".replacing("\"", with: "&quot;"))
    }

    @Test("On a telephone's width the page does not scroll sideways")
    func narrow() throws {
        let folder = try TemporaryFolder()
        let html = ReportForms.html(ReportBuilder.build(try TestData.fleet(), title: "T", now: "2026-01-01T00:00:00Z"))
        let probe = """
            <script>addEventListener('load',()=>{const d=document.documentElement;
            parent.postMessage(JSON.stringify({sideways:d.scrollWidth>d.clientWidth,width:innerWidth}),'*')})</script></body>
            """
        let page = try folder.write("report.html", html.replacing("</body>", with: probe))
        let frame = try folder.write(
            "frame.html",
            """
            <!DOCTYPE html><body><script>addEventListener('message',e=>{document.body.dataset.answer=e.data})</script>
            <iframe src="file://\(page)" width="390" height="2000" style="border:0"></iframe></body>
            """)
        let ending = try ChildProcess.run([
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=\(folder.path)/profile",
            "--virtual-time-budget=5000",
            "--dump-dom", "file://\(frame)",
        ])
        #expect(
            ending.output.contains("{&quot;sideways&quot;:false,&quot;width&quot;:390}"), "\(ending.output.suffix(400))"
        )
    }
}

extension String {
    fileprivate func components(after start: String, before end: String) -> String {
        guard let from = firstRange(of: start) else { return "" }
        let rest = self[from.upperBound...]
        return String(rest[..<(rest.firstRange(of: end)?.lowerBound ?? rest.endIndex)])
    }
}
