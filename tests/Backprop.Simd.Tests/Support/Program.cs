using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

namespace Backprop.Simd.Tests;

/// <summary>xunit's generated entry point, and before it the one of child processes.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        if (ChildProcess.RunAsChild() is { } exitCode)
            return exitCode;
        return args.Contains("--server") || args.Contains("--internal-msbuild-node")
            ? await TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions)
            : await ConsoleRunner.Run(args);
    }
}
