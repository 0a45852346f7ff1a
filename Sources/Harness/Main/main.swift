import CommandParser
import Glibc
import Commands

exit(await HarnessProgram.program.run(Array(CommandLine.arguments.dropFirst())).value)
