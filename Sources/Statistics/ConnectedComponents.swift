/// Connected components of a binary volume.
public enum ConnectedComponents {
    /// Keeps only the largest 26-connected component of a volume; of equally large ones, the first in memory order.
    ///
    /// `volume` has one byte a voxel, 0 is background, in the order slice, row, column:
    /// `volume[(z·height + y)·width + x]`. Buda et al. 2019 score with this post-processing.
    public static func keepingLargest(_ volume: [UInt8], slices: Int, height: Int, width: Int) -> [UInt8] {
        precondition(volume.count == slices * height * width, "the volume's size does not match its shape")
        var labels = [Int32](repeating: 0, count: volume.count)
        var next: Int32 = 0
        var largest: (label: Int32, size: Int) = (0, 0)
        var stack: [Int] = []
        for start in volume.indices where volume[start] != 0 && labels[start] == 0 {
            next += 1
            var size = 0
            labels[start] = next
            stack.append(start)
            while let voxel = stack.popLast() {
                size += 1
                let (x, y, z) = (voxel % width, voxel / width % height, voxel / (width * height))
                for nearZ in max(0, z - 1)...min(slices - 1, z + 1) {
                    for nearY in max(0, y - 1)...min(height - 1, y + 1) {
                        for nearX in max(0, x - 1)...min(width - 1, x + 1) {
                            let near = (nearZ * height + nearY) * width + nearX
                            guard volume[near] != 0, labels[near] == 0 else { continue }
                            labels[near] = next
                            stack.append(near)
                        }
                    }
                }
            }
            if size > largest.size { largest = (next, size) }
        }
        return volume.indices.map { largest.label != 0 && labels[$0] == largest.label ? 1 : 0 }
    }
}
