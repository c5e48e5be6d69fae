using System.Globalization;
using Backprop.Simd.Internal.Optimizers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Backprop.Simd.Peers;

/// <summary>One update of 65,536 parameters by gradients that nobody clears, neither ours nor the peers': nanoseconds a parameter, beside what divisions and square roots, and memory, cost alone.</summary>
internal static unsafe class UpdateContest
{
    private const int Length = 65536;
    private const double Rate = 1e-7;

    // States fade while gradients are 0: long before they are denormal they are filled again.
    private const int CallsUntilFilled = 256;

    public static void Run(bool torchIsThere, double seconds, List<string> markdown)
    {
        markdown.Add("| update, ns a parameter | ours | TensorPrimitives | torch.optim | best of the two / ours | division and square root alone | reading and writing alone | ours / the larger of these |");
        markdown.Add("|---|---:|---:|---:|---:|---:|---:|---:|");
        Console.WriteLine(markdown[^2]);
        var sgd = new OptimizerKind { Id = OptimizerId.Sgd, LearningRate = Rate };
        var momentum = new OptimizerKind { Id = OptimizerId.Sgd, LearningRate = Rate, Momentum = 0.9 };
        var adam = new OptimizerKind { Id = OptimizerId.Adam, LearningRate = Rate, Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-8 };
        var rms = new OptimizerKind { Id = OptimizerId.RMSprop, LearningRate = Rate, Alpha = 0.99, Epsilon = 1e-8 };
        float[] p = ElementwiseContest.Numbers(Length, 1, 1f), g = new float[Length], m = new float[Length], v = new float[Length];
        int calls = 0;
        void Fill()
        {
            if (calls++ % CallsUntilFilled == 0)
            {
                Array.Fill(m, 1f);
                Array.Fill(v, 1f);
            }
        }

        Row("SGD", sgd, () => TensorFormulas.Sgd(p, g, (float)Rate), q => optim.SGD(q, Rate));
        Row("SGD with momentum", momentum, null, q => optim.SGD(q, Rate, momentum: 0.9));
        Row("Adam", adam, () => { Fill(); TensorFormulas.Adam(p, g, m, v, (float)Rate); }, q => optim.Adam(q, Rate));
        Row("RMSprop", rms, () => { Fill(); TensorFormulas.RmsProp(p, g, v, (float)Rate); }, q => optim.RMSProp(q, Rate, alpha: 0.99));

        void Row(string name, OptimizerKind kind, Action? primitives, Func<IEnumerable<Parameter>, optim.Optimizer> torchOptimizer)
        {
            float[] parameters = ElementwiseContest.Numbers(Length, 1, 1f), gradients = new float[Length], states = GC.AllocateArray<float>(2 * Length, pinned: true);
            int updates = 0;
            void Ours()
            {
                if (updates++ % CallsUntilFilled == 0)
                    Array.Fill(states, 1f);
                fixed (float* to = parameters, from = gradients, s = states)
                    OptimizerTable.Step(kind, Rate, 1, to, from, s, Length, Length, clear: false, null);
            }

            int count = OptimizerTable.StateCount(kind);
            (double ours, double byHand, double theirs, double stream) = ElementwiseContest.Measure(Ours, primitives, torchIsThere ? Torch(torchOptimizer) : null,
                () => Bounds.StreamUpdate(p, g, count > 0 ? m : null, count > 1 ? v : null), seconds);
            bool divides = kind.Id != OptimizerId.Sgd;
            float[] block = new float[4096];
            Array.Fill(block, 2f);
            double divisions = divides ? Contest.Run([() => Bounds.DivideByRoot(block, Length)], seconds / 4, compiles: _ => true)[0] : 0;
            double each = 1000.0 / Length;
            string line = string.Create(CultureInfo.InvariantCulture,
                $"| {name} | {ours * each:f3} | {Text(byHand)} | {Text(theirs)} | {ElementwiseContest.Best(byHand, theirs) / ours:f1} | {divisions * each:f3} | {stream * each:f3} | {ours / Math.Max(divisions, stream):f2} |");
            markdown.Add(line);
            Console.WriteLine(line);
            string Text(double microseconds) => double.IsNaN(microseconds) ? "-" : (microseconds * each).ToString("f3", CultureInfo.InvariantCulture);
        }
    }

    // torch.optim does not clear the gradient: that is not counted.
    private static Action Torch(Func<IEnumerable<Parameter>, optim.Optimizer> make)
    {
        var parameter = new Parameter(rand(Length));
        using (Tensor weights = rand(Length))
        using (Tensor product = parameter * weights)
        using (Tensor sum = product.sum())
            sum.backward();
        optim.Optimizer optimizer = make([parameter]);
        return () =>
        {
            using IDisposable scope = NewDisposeScope();
            optimizer.step();
        };
    }
}
