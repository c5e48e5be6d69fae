using System.Runtime.CompilerServices;
using Backprop.Simd.ColdStart;

// ColdStart empty | step: what is measured. ColdStart measure N NAME=COMMAND...: the medians of N runs of each command, from its start until it has ended.
switch (args)
{
    case ["empty"]: return 0;
    case ["step"]: return Step();
    case ["measure", var runs, .. var commands]: return Measurement.Run(runs, commands);
    default: Console.Error.WriteLine("ColdStart empty | step | measure RUNS NAME=COMMAND..."); return 2;
}

// Apart, so that an empty run loads nothing of the library.
[MethodImpl(MethodImplOptions.NoInlining)]
static int Step() => FirstStep.Run();
