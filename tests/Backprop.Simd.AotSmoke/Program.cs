using Backprop.Simd;
using Backprop.Simd.AotSmoke;

// Published as native code by .ci/run, which compares the fingerprints with those of the JIT; --speed: microseconds a step.
Console.WriteLine(SimdInfo.Description);
if (args is ["--speed"])
{
    SmokeSpeed.Print();
    return;
}

for (int threads = 1; threads <= 3; threads++)
    Console.WriteLine($"threads {threads}: {SmokeTraining.Fingerprint(threads)}");
Console.WriteLine($"threads 1, resumed from a file: {SmokeFiles.Resume()}");
