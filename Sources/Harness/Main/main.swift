import CommandParser
import Glibc
import HarnessCommands

exit(await HarnessProgram.program.run(Array(CommandLine.arguments.dropFirst())).value)
