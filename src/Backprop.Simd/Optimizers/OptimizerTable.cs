using Backprop.Simd.Internal.Elementwise;

namespace Backprop.Simd.Internal.Optimizers;

/// <summary>The optimizers, one line each.</summary>
internal static unsafe class OptimizerTable
{
    /// <summary>One of each form; for tests and benchmarks.</summary>
    public static OptimizerKind[] All =>
    [
        new() { Id = OptimizerId.Sgd, LearningRate = 0.05 },
        new() { Id = OptimizerId.Sgd, LearningRate = 0.05, Momentum = 0.9, WeightDecay = 1e-3 },
        new() { Id = OptimizerId.Sgd, LearningRate = 0.05, Momentum = 0.9, Nesterov = true },
        new() { Id = OptimizerId.Adam, LearningRate = 1e-3, Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-8, WeightDecay = 1e-3 },
        new() { Id = OptimizerId.AdamW, LearningRate = 1e-3, Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-8, WeightDecay = 1e-2 },
        new() { Id = OptimizerId.RMSprop, LearningRate = 1e-2, Alpha = 0.99, Epsilon = 1e-8 },
        new() { Id = OptimizerId.RMSprop, LearningRate = 1e-2, Alpha = 0.99, Epsilon = 1e-8, Momentum = 0.9, WeightDecay = 1e-3 },
    ];

    /// <summary>Values of state per parameter.</summary>
    public static int StateCount(in OptimizerKind kind) => kind.Id switch
    {
        OptimizerId.Sgd => kind.Momentum == 0 ? Sgd.States : SgdMomentum.States,
        OptimizerId.RMSprop => kind.Momentum == 0 ? RMSprop.States : RMSpropMomentum.States,
        _ => Adam.States,
    };

    /// <summary>Updates all parameters and clears their gradients; <paramref name="step"/> is 1 for the first update.</summary>
    public static void Step(in OptimizerKind kind, double learningRate, long step, float* parameters, float* gradients, float* states, int length, WorkerPool? workers)
    {
        switch (kind.Id)
        {
            case OptimizerId.Sgd when kind.Momentum == 0:
                Update.Run(new Sgd((float)learningRate, (float)kind.WeightDecay), parameters, gradients, states, length, workers);
                break;
            case OptimizerId.Sgd:
                Update.Run(new SgdMomentum((float)learningRate, (float)kind.WeightDecay, (float)kind.Momentum, kind.Nesterov), parameters, gradients, states, length, workers);
                break;
            case OptimizerId.RMSprop when kind.Momentum == 0:
                Update.Run(new RMSprop(kind, learningRate), parameters, gradients, states, length, workers);
                break;
            case OptimizerId.RMSprop:
                Update.Run(new RMSpropMomentum(kind, learningRate), parameters, gradients, states, length, workers);
                break;
            default:
                Update.Run(new Adam(kind, learningRate, step), parameters, gradients, states, length, workers);
                break;
        }
    }
}
