using static TorchSharp.torch;

namespace Backprop.Simd.Peers;

/// <summary>What a .NET user of TorchSharp writes: nn.Sequential, a loss, an optimizer.</summary>
internal sealed class TorchStep : IDisposable
{
    private readonly nn.Module<Tensor, Tensor> _model;
    private readonly optim.Optimizer _optimizer;
    private readonly Tensor _x;
    private readonly Tensor _target;
    private readonly bool _classifies;

    public TorchStep(StepShape shape, bool adam)
    {
        var modules = new List<(string, nn.Module<Tensor, Tensor>)>();
        for (int i = 0; i + 1 < shape.Sizes.Length; i++)
        {
            modules.Add(($"l{i}", nn.Linear(shape.Sizes[i], shape.Sizes[i + 1])));
            if (i + 2 < shape.Sizes.Length)
                modules.Add(($"a{i}", shape.Tanh ? nn.Tanh() : nn.ReLU()));
        }

        _model = nn.Sequential(modules);
        _optimizer = adam ? optim.Adam(_model.parameters(), lr: 1e-7) : optim.SGD(_model.parameters(), 1e-7);
        _x = tensor(shape.Inputs(), shape.Batch, shape.Sizes[0]);
        _classifies = shape.Classifies;
        _target = _classifies ? tensor([.. shape.Labels().Select(label => (long)label)]) : tensor(shape.Targets(), shape.Batch, shape.Sizes[^1]);
    }

    public void Run()
    {
        using IDisposable scope = NewDisposeScope();
        _optimizer.zero_grad();
        Tensor y = _model.forward(_x);
        Tensor loss = _classifies ? nn.functional.cross_entropy(y, _target) : nn.functional.mse_loss(y, _target);
        loss.backward();
        _optimizer.step();
    }

    /// <summary>Outputs as a user who cares asks for them: evaluation mode, inference mode, the input tensor made before.</summary>
    public void Predict()
    {
        if (_model.training)
            _model.eval();
        using IDisposable mode = inference_mode();
        using Tensor y = _model.forward(_x);
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        _model.Dispose();
        _x.Dispose();
        _target.Dispose();
    }
}
