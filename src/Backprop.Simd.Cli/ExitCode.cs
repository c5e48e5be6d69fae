namespace Backprop.Simd.Cli;

/// <summary>What the tool tells its caller.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>The work was done and its answer is no: a check failed, the training diverged.</summary>
    public const int Failure = 1;

    /// <summary>The command line asks for something that cannot be.</summary>
    public const int UserError = 2;

    /// <summary>What shells expect after Ctrl-C: 128 + SIGINT.</summary>
    public const int Interrupted = 130;
}
