using System.Diagnostics;
using System.Runtime.InteropServices;
using Xunit;

namespace Backprop.Simd.Tests.Cli;

/// <summary>Runs the command-line tool as its users do: as a process of its own.</summary>
internal static class Tool
{
    private const int InterruptSignal = 2;

    public sealed record Result(int ExitCode, string Output, string Error)
    {
        public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    public static Result Run(params string[] arguments)
    {
        using Process process = Start(arguments);
        return Finish(process);
    }

    public static Process Start(params string[] arguments)
    {
        // artifacts/bin/Backprop.Simd.Tests/release -> artifacts/bin/Backprop.Simd.Cli/release
        var here = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        string tool = Path.Combine(here.Parent!.Parent!.FullName, "Backprop.Simd.Cli", here.Name, "backprop.dll");
        Assert.True(File.Exists(tool), $"The tool is not built: {tool}");
        var start = new ProcessStartInfo("dotnet", ["exec", tool, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        return Process.Start(start)!;
    }

    /// <summary>Presses Ctrl-C when the tool has begun to write a line that contains a text.</summary>
    public static Result Interrupt(Process process, string line)
    {
        while (process.StandardOutput.ReadLine() is { } read && !read.Contains(line, StringComparison.Ordinal))
        {
        }

        Assert.Equal(0, Kill(process.Id, InterruptSignal));
        return Finish(process);
    }

    public static Result Finish(Process process)
    {
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromMinutes(2)))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail("The tool ran for more than two minutes.");
        }

        return new Result(process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int Kill(int process, int signal);
}
