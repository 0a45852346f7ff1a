/// `moduleSha256` → `module_sha256`: what `JSONEncoder.KeyEncodingStrategy.convertToSnakeCase` does to our names.
func snakeCase(_ name: String) -> String {
    guard name.contains(where: \.isUppercase), !name.contains("_") else { return name }
    return name.reduce(into: "") { text, character in
        if character.isUppercase {
            if !text.isEmpty { text.append("_") }
            text.append(contentsOf: character.lowercased())
        } else {
            text.append(character)
        }
    }
}

/// `peakRss` of `peak_rss`.
func camelCase(_ name: String) -> String {
    let words = name.split(separator: "_")
    return words.dropFirst().reduce(into: String(words.first ?? "")) { text, word in
        text += word.prefix(1).uppercased() + word.dropFirst()
    }
}
