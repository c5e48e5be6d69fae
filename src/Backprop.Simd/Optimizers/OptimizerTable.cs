using Backprop.Simd.Internal.Elementwise;

namespace Backprop.Simd.Internal.Optimizers;

/// <summary>Work that is written once for every optimizer.</summary>
internal interface IUpdateAction
{
    void Invoke<TOperation>(TOperation operation)
        where TOperation : struct, IUpdateOperation;
}

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

    /// <summary>Calls the action with the formula of this step; <paramref name="step"/> is 1 for the first update.</summary>
    public static void Dispatch<TAction>(in OptimizerKind kind, double learningRate, long step, ref TAction action)
        where TAction : struct, IUpdateAction, allows ref struct
    {
        switch (kind.Id)
        {
            case OptimizerId.Sgd when kind.Momentum == 0: action.Invoke(new Sgd((float)learningRate, (float)kind.WeightDecay)); break;
            case OptimizerId.Sgd: action.Invoke(new SgdMomentum((float)learningRate, (float)kind.WeightDecay, (float)kind.Momentum, kind.Nesterov)); break;
            case OptimizerId.RMSprop when kind.Momentum == 0: action.Invoke(new RMSprop(kind, learningRate)); break;
            case OptimizerId.RMSprop: action.Invoke(new RMSpropMomentum(kind, learningRate)); break;
            default: action.Invoke(new Adam(kind, learningRate, step)); break;
        }
    }

    /// <summary>Updates <paramref name="length"/> parameters and clears their gradients if asked to; the arrays of state begin <paramref name="stateLength"/> apart.</summary>
    public static void Step(in OptimizerKind kind, double learningRate, long step, float* parameters, float* gradients, float* states, int stateLength, int length, bool clear, WorkerPool? workers)
    {
        var action = new FlatUpdate(parameters, gradients, states, stateLength, length, clear, workers);
        Dispatch(kind, learningRate, step, ref action);
    }

    private readonly ref struct FlatUpdate(float* parameters, float* gradients, float* states, int stateLength, int length, bool clear, WorkerPool? workers) : IUpdateAction
    {
        public void Invoke<TOperation>(TOperation operation)
            where TOperation : struct, IUpdateOperation => Update.Run(operation, parameters, gradients, states, stateLength, length, clear, workers);
    }
}
