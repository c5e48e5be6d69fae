namespace Backprop.Simd.Internal.Threading;

/// <summary>Work in parts that may run at the same time on several threads: a struct, so that starting it allocates nothing.</summary>
internal interface IJob
{
    /// <summary>Does one part; called once for each part from 0 to parts - 1.</summary>
    void Execute(int part);
}
