using System.Diagnostics;
using System.Reflection;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>Runs this test program, or another one, in a process of its own with other environment variables.</summary>
/// <remarks>The child's side of a test is a static method without parameters, which hands its result over by <see cref="Report"/>.</remarks>
internal static class ChildProcess
{
    private const string MethodVariable = "BACKPROP_CHILD_METHOD";
    private const string ReportVariable = "BACKPROP_CHILD_REPORT";

    // A child gets the knobs that its test gives it, on the bare machine, whatever knobs this run of the suite was started with.
    private static readonly string[] s_notInherited =
    [
        "BACKPROP_EXPECT_TIER", "BACKPROP_EXPECT_FMA", "DOTNET_EnableAVX512", "DOTNET_EnableAVX2", "DOTNET_EnableHWIntrinsic",
        "DOTNET_PreferredVectorBitWidth", "DOTNET_MaxVectorTBitWidth",
    ];

    public sealed record Result(int ExitCode, string Output, string Report);

    /// <summary>Runs a static method of this assembly in a child, without the test runner.</summary>
    public static Result Run(Action method, params (string Name, string Value)[] environment)
    {
        (string program, string[] arguments, (string Name, string Value) call) = CallOf(method);
        return Run(program, arguments, [.. environment, call]);
    }

    /// <summary>Starts a static method of this assembly in a child, whose end the caller sees to; it has nobody to report to.</summary>
    public static Process Start(Action method, params (string Name, string Value)[] environment)
    {
        (string program, string[] arguments, (string Name, string Value) call) = CallOf(method);
        return Process.Start(StartInfo(program, arguments, [.. environment, call]))!;
    }

    /// <summary>Runs any program, and waits for it for at most two minutes.</summary>
    public static Result Run(string program, IEnumerable<string> arguments, params (string Name, string Value)[] environment)
    {
        string reportPath = Path.Combine(Path.GetTempPath(), $"backprop-{Guid.NewGuid():N}.txt");
        using Process process = Process.Start(StartInfo(program, arguments, [.. environment, (ReportVariable, reportPath)]))!;
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            Task<string> errors = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(TimeSpan.FromMinutes(2)))
            {
                process.Kill(entireProcessTree: true);
                Assert.Fail($"{program} ran for more than two minutes.");
            }

            string text = output.GetAwaiter().GetResult() + errors.GetAwaiter().GetResult();
            return new Result(process.ExitCode, text, File.Exists(reportPath) ? File.ReadAllText(reportPath) : string.Empty);
        }
        finally
        {
            File.Delete(reportPath);
        }
    }

    private static (string Program, string[] Arguments, (string Name, string Value) Call) CallOf(Action method)
    {
        Assert.True(method.Method.IsStatic, "A child has no object to call a method on.");
        string program = Environment.ProcessPath!;
        bool isHost = Path.GetFileNameWithoutExtension(program) == "dotnet";
        string[] arguments = isHost ? ["exec", Path.Combine(AppContext.BaseDirectory, "Backprop.Simd.Tests.dll")] : [];
        return (program, arguments, (MethodVariable, $"{method.Method.DeclaringType!.FullName}:{method.Method.Name}"));
    }

    private static ProcessStartInfo StartInfo(string program, IEnumerable<string> arguments, (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (string name in s_notInherited)
            start.Environment.Remove(name);
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        return start;
    }

    /// <summary>In the child: adds a line to what the parent reads as <see cref="Result.Report"/>.</summary>
    public static void Report(string line) =>
        File.AppendAllText(Environment.GetEnvironmentVariable(ReportVariable)!, line + "\n");

    /// <summary>In the child: runs the method that the parent named. Null: this process is no child.</summary>
    public static int? RunAsChild()
    {
        if (Environment.GetEnvironmentVariable(MethodVariable) is not { Length: > 0 } name)
            return null;
        string[] parts = name.Split(':');
        try
        {
            const BindingFlags Static = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;
            typeof(ChildProcess).Assembly.GetType(parts[0], throwOnError: true)!.GetMethod(parts[1], Static)!.Invoke(null, null);
            return 0;
        }
        catch (TargetInvocationException e)
        {
            Console.Error.WriteLine(e.InnerException);
            return 1;
        }
    }
}
