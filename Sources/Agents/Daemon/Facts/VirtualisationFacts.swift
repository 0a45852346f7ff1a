/// Whether the board is a machine of its own.
struct VirtualisationFacts {
    let root: FactsRoot
    let architecture: String

    /// The hypervisor's name, `unknown` for one without a name, nil on bare metal or where it cannot be found out.
    var hypervisor: String? {
        let tree = root.deviceTreeTexts("/sys/firmware/devicetree/base/hypervisor/compatible").first
        if let name = tree ?? root.text("/sys/hypervisor/type") { return name.hasPrefix("linux,") ? "kvm" : "xen" }
        if root.text("/sys/firmware/devicetree/base/compatible") == "linux,dummy-virt" { return "qemu" }
        let flags = root.fields("/proc/cpuinfo")["flags"]?.split(separator: " ") ?? []
        let isVirtual = flags.contains("hypervisor")
        // x86 processors report it themselves; without that a maker's name (Microsoft's, Apple's) is that of real hardware.
        guard isVirtual || architecture == "aarch64" else { return nil }
        let firmware = ["sys_vendor", "product_name", "bios_vendor"].compactMap { root.text("/sys/class/dmi/id/\($0)") }
            .joined(separator: " ").lowercased()
        return Self.products.first { firmware.contains($0.0) }?.1 ?? (isVirtual ? "unknown" : nil)
    }

    /// What virtual machines' firmware calls itself.
    private static let products = [
        ("vmware", "vmware"), ("virtualbox", "virtualbox"), ("parallels", "parallels"),
        ("apple virtualization", "apple"), ("microsoft corporation virtual", "hyper-v"), ("xen", "xen"),
        ("amazon ec2", "nitro"), ("google compute engine", "kvm"), ("openstack", "kvm"), ("kvm", "kvm"),
        ("qemu", "qemu"),
    ]

    /// The container's kind; nil outside one.
    var container: String? {
        if let name = root.text("/run/systemd/container") ?? root.text("/run/host/container-manager") { return name }
        if root.exists("/var/run/secrets/kubernetes.io") { return "kubernetes" }
        if root.exists("/.dockerenv") { return "docker" }
        if root.exists("/run/.containerenv") { return "podman" }
        return nil
    }
}
