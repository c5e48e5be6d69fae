using System.Diagnostics;
using System.Globalization;
using Backprop.Simd.Internal.IO;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>A process that is killed while it saves leaves the old file or the new one, whole.</summary>
public sealed class KilledSaveTests
{
    private const string FileVariable = "BACKPROP_KILLED_FILE";

    /// <summary>Set to 200 by .ci/run: each kill costs the start of a process.</summary>
    private const string KillsVariable = "BACKPROP_KILLS";

    [Fact]
    public void The_old_or_the_new_file_is_whole()
    {
        int kills = int.Parse(Environment.GetEnvironmentVariable(KillsVariable) ?? "20", CultureInfo.InvariantCulture);
        using var folder = new TemporaryFolder();
        string path = folder["network"];
        string[] possible = [Describe(1).Fingerprint(), Describe(2).Fingerprint()];
        var found = new HashSet<string>();
        int interrupted = 0;
        for (int kill = 0; kill < kills; kill++)
        {
            using (Process child = ChildProcess.Start(SaveForEver, (FileVariable, path)))
            {
                Assert.Equal("saving", child.StandardOutput.ReadLine());

                // A save takes some milliseconds: the moments are spread over several.
                Thread.Sleep(TimeSpan.FromMilliseconds(Random.Shared.NextDouble() * 20));
                child.Kill();
                child.WaitForExit();
            }

            string fingerprint = Network.Load(path).Fingerprint();
            Assert.Contains(fingerprint, possible);
            found.Add(fingerprint);
            interrupted += folder.Files.Length - 1;
            AtomicFile.DeleteLeftovers(path);
            Assert.Equal(["network"], folder.Files);
        }

        TestContext.Current.SendDiagnosticMessage($"{interrupted} of {kills} kills were in the middle of a write.");
        Assert.NotEqual(0, interrupted);
        Assert.Equal(2, found.Count);
    }

    private static void SaveForEver()
    {
        string path = Environment.GetEnvironmentVariable(FileVariable)!;
        Network first = Describe(1), second = Describe(2);
        for (long i = 0; ; i++)
        {
            first.Save(path);
            second.Save(path);
            if (i == 0)
                Console.Out.WriteLine("saving");
        }
    }

    private static Network Describe(ulong seed) => new NetworkBuilder(64).Dense(512, Activation.ReLU).Dense(128).Build(seed);
}
