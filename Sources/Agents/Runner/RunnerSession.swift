import POSIX
import JSON
import AgentAPI
import Glibc
import Imaging
import Statistics

/// One job from its description to `done`: the runner for modules compiled with TVM.
public struct RunnerSession: ~Copyable {
    private let writer: EventWriter
    /// The GPU of this job, once it is open.
    private var gpu: CUDADevice?
    /// Inputs kept decoded for the timed queries; more would only measure this process's cache misses.
    private static let timedInputs = 8
    private static let chunk = 512

    /// A session that reports through `writer`.
    public init(writer: consuming EventWriter) { self.writer = writer }

    /// Runs the job; returns the process's exit status. Every end is an event.
    public mutating func run(job bytes: [UInt8]) -> Int32 {
        do {
            try perform(decode(bytes))
            writer.write(.done)
            return 0
        } catch {
            writer.write(.failed(error))
            return 1
        }
    }

    private func decode(_ bytes: [UInt8]) throws(Failure) -> RunnerJob {
        let job: RunnerJob
        do {
            job = try WireJSON.decode(RunnerJob.self, from: bytes)
        } catch {
            throw Failure(.runnerProtocol, "the job description is not valid: \(error)")
        }
        guard job.protocol == RunnerJob.protocolName else {
            throw Failure(
                .runnerProtocol,
                "the agent speaks \(job.protocol), this runner \(RunnerJob.protocolName): install both from one release."
            )
        }
        return job
    }

    private mutating func perform(_ job: RunnerJob) throws(Failure) {
        try job.settings.check()
        if let limit = job.settings.memoryLimitBytes {
            var limits = rlimit(rlim_cur: rlim_t(limit), rlim_max: rlim_t(limit))
            setrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &limits)
        }
        guard let device = DeviceName(job.device) else {
            throw Failure(.deviceMissing, "this runner has no device “\(job.device)”; it supports cpu:0 and cuda:N.")
        }
        let (runtime, gpu) = try phase(.runtime) { () throws(Failure) in try openRuntime(job, device) }
        self.gpu = gpu
        let slices: Slices?
        if let dataset = job.dataset { slices = try Slices(dataset, bundle: job.bundle) } else { slices = nil }
        let inputs = try queryInputs(job, slices)
        let module = try phase(.load) { () throws(Failure) in
            try checkSize(job)
            return try CompiledModule(path: job.modulePath, manifest: job.bundle, runtime: runtime, gpu: gpu)
        }
        var settings = EffectiveSettings(
            threads: module.threads, runner: "tvm", runnerVersion: HarnessVersion.current, clock: "CLOCK_MONOTONIC")
        settings.tvmVersion = runtime.version.version
        settings.ffiVersion = runtime.version.ffiVersion
        writer.write(.settings(settings))
        try measure(job, module, inputs, slices)
        if let slices, job.settings.profileCalls == nil {
            try phase(.accuracy) { () throws(Failure) in
                let pass = AccuracyPass(
                    module: module, slices: slices, threshold: Float(job.bundle.threshold),
                    outputFolder: job.outputFolder)
                try pass.run { writer.write($0) }
            }
        }
    }

    /// A file that was cut off would end this process in `dlopen`, by SIGBUS.
    private func checkSize(_ job: RunnerJob) throws(Failure) {
        var status = stat()
        let size = stat(job.modulePath, &status) == 0 ? Int(status.st_size) : nil
        guard size == job.bundle.module.sizeBytes else {
            throw Failure(
                .moduleLoad,
                "\(job.modulePath) has \(size.map(String.init) ?? "no") bytes, bundle.json says \(job.bundle.module.sizeBytes): send it again."
            )
        }
    }

    private func openRuntime(_ job: RunnerJob, _ device: DeviceName) throws(Failure) -> (TVMRuntime, CUDADevice?) {
        guard let folder = job.tvmFolder else {
            throw Failure(.tvmMissing, "the agent has no TVM runtime: give it one with --tvm DIR.")
        }
        let cores = ProcessStatus()?.allowedCores
        // More threads than cores would wait for each other at the end of every layer.
        let threads = min(job.settings.threads ?? cores ?? 1, cores ?? .max)
        let runtime = try TVMRuntime(folder: folder, threads: threads)
        guard runtime.version.version == job.bundle.tvm?.version else {
            throw Failure(
                .tvmVersionMismatch,
                "the module was compiled with TVM \(job.bundle.tvm?.version ?? "of no known version"), the board has \(runtime.version.version): compile again or install that runtime."
            )
        }
        guard device.kind == .cuda else { return (runtime, nil) }
        let cuda = try TVMLibraries.openCUDA(in: folder)
        return (runtime, try CUDADevice(index: device.index, runtime: runtime, cuda: cuda))
    }

    private func measure(
        _ job: RunnerJob, _ module: CompiledModule, _ inputs: [QueryInput], _ slices: Slices?
    ) throws(Failure) {
        let settings = job.settings
        var loop = TimedLoop(
            module: module, inputs: inputs, threshold: Float(job.bundle.threshold), seed: settings.seed)
        let first = try phase(.firstCall) { () throws(Failure) in try loop.query() }
        writer.write(.samples(loop.samples([first], of: .firstCall)))
        var whole: [Int64] = []
        let (warmUp, reason) = try phase(.warmUp) { () throws(Failure) in
            var warmUp = WarmUp(maxCalls: settings.warmUpMaxCalls, maxDurationNs: settings.warmUpMaxDurationNs)
            while true {
                let sample = try loop.query()
                whole.append(sample.endToEnd)
                if let reason = warmUp.add(sample.compute) { return (warmUp, reason) }
            }
        }
        writer.write(.warmedUp(calls: warmUp.samples.count, reason: reason.rawValue))
        for range in Self.chunks(of: warmUp.samples.count) {
            let samples = range.map { Sample(phase: .warmUp, index: $0, computeNs: warmUp.samples[$0]) }
            writer.write(.samples(.init(phase: .warmUp, first: range.lowerBound, samples: samples)))
        }
        if let calls = settings.profileCalls {
            let profile = try phase(.profile) { () throws(Failure) in try loop.profile(calls: calls) }
            return writer.write(.profile(profile))
        }
        let offline = OfflineSize(slices: slices?.count, expectedNs: Percentiles.median(sorted: whole.sorted()) ?? 0)
        let trace = try phase(.timed) { () throws(Failure) in try loop.run(settings, offline: offline) }
        for range in Self.chunks(of: trace.samples.count) {
            writer.write(.samples(loop.samples(trace.samples.elements(range), of: .timed, first: range.lowerBound)))
        }
        for range in Self.chunks(of: trace.queries.count) { writer.write(.queries(trace.chunk(range))) }
    }

    /// The first slices of the data set, or seeded noise where there is none.
    private func queryInputs(_ job: RunnerJob, _ slices: Slices?) throws(Failure) -> [QueryInput] {
        guard let slices, !slices.manifest.patients.isEmpty else {
            return [try .noise(shape: job.bundle.inputs.first?.shape ?? [], seed: job.settings.seed)]
        }
        var inputs: [QueryInput] = []
        for patient in slices.manifest.patients {
            for slice in patient.slices where inputs.count < Self.timedInputs {
                inputs.append(.image(try slices.image(slice), Normaliser(patient.normalisation)))
            }
        }
        return inputs
    }

    /// Pieces in which `count` values are sent, so that no line grows without bound.
    private static func chunks(of count: Int) -> [Range<Int>] {
        stride(from: 0, to: count, by: chunk).map { $0..<min($0 + chunk, count) }
    }

    private func phase<Value>(_ phase: RunPhase, _ work: () throws(Failure) -> Value) throws(Failure) -> Value {
        writer.write(.phaseStarted(phase))
        let start = MonotonicClock.now()
        let value = try work()
        let duration = MonotonicClock.now() - start
        guard var memory = ProcessStatus()?.memory else {
            throw Failure(.runnerProtocol, "/proc/self/status cannot be read: is /proc mounted?")
        }
        memory.deviceBytes = gpu?.takenBytes
        writer.write(.phaseFinished(phase, durationNs: duration, memory: memory))
        return value
    }
}
