namespace Backprop.Simd.Cli;

/// <summary>One line for the user, who can mend it: it names the option.</summary>
internal sealed class UserErrorException(string message) : Exception(message);
