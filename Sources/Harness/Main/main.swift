import CommandParser
import Commands
import Glibc

exit(await HarnessProgram.run(Array(CommandLine.arguments.dropFirst())).value)
