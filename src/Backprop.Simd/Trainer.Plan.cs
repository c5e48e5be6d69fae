using Backprop.Simd.Internal.Layers;

namespace Backprop.Simd;

// What is decided before a step: each layer's memory, what is fused, and what of it holds until somebody looks at gradients.
public sealed unsafe partial class Trainer
{
    /// <summary>From now on every gradient is kept until the update: somebody looks at them, or adds to them.</summary>
    private void KeepGradients()
    {
        if (_keepsGradients)
            return;
        _arrays.GradientSpan.Clear();
        foreach (ref LayerPass pass in _plan.AsSpan())
        {
            pass.Update = null;
            pass.AddsGradients = true;
        }

        LayerPass.Prepare(_blocks, _plan, _plan[0].Rows);
        _waiting = _all;
        _keepsGradients = true;
    }

    /// <summary>All parameters but the weights that the backward pass updates.</summary>
    private (int First, int Count)[] Waiting()
    {
        var ranges = new List<(int First, int Count)>();
        int first = 0;
        for (int i = _firstTrained; i < _plan.Length; i++)
        {
            if (_plan[i].Update is null)
                continue;
            if (_network.Offsets[i] > first)
                ranges.Add((first, _network.Offsets[i] - first));
            first = _network.Offsets[i] + _blocks[i].WeightCount;
        }

        ranges.Add((first, _network.ParameterCount - first));
        return [.. ranges];
    }

    /// <summary>Everything about each layer's pass that does not change from call to call.</summary>
    private LayerPass[] MakePlan(int[] outputs, int[] saved, int[] deltas)
    {
        var plan = new LayerPass[_blocks.Length];

        // The output gradient lies in the first delta buffer; a layer reads one and writes the other.
        int delta = 0;
        for (int i = plan.Length - 1; i >= 0; i--)
        {
            plan[i] = new LayerPass
            {
                Training = true,
                Input = i == 0 ? null : _workspace.At(outputs[i - 1]),
                Output = _workspace.At(outputs[i]),
                Saved = _workspace.At(saved[i]),
                Parameters = _network.ParameterPointer + _network.Offsets[i],
                Statistics = _network.StatisticsPointer + _network.StatisticsOffsets[i],
                Counters = _network.CounterPointer + _network.CounterOffsets[i],
                Gradients = _arrays.Gradients + _network.Offsets[i],
                Update = _blocks[i] is Dense dense && dense.UpdatesWeights(keepsState: _arrays.StateFloats > 0, shared: _workers?.Threads > 1) ? _update : null,
                States = _arrays.States + _network.Offsets[i],
                StateLength = _arrays.StateLength,
                OutputGradient = _workspace.At(deltas[delta]),
                Workers = _workers,
                Scratch = _scratch,
            };
            delta ^= 1;
            if (i > _firstTrained)
                plan[i].InputGradient = _workspace.At(deltas[delta]);
            else if (_options.InputGradient)
                plan[i].InputGradient = _workspace.At(_inputGradient);
        }

        // A Dense layer applies the derivative of the one below while its input gradient is in registers or the L1 cache.
        for (int i = 1; i < plan.Length; i++)
        {
            if (_blocks[i] is Dense && _blocks[i - 1] is Dense { HasElementwiseDerivative: true } below && plan[i].InputGradient is not null)
            {
                plan[i].Below = below;
                plan[i].BelowSaved = below.DerivativeArgument(plan[i - 1].Output, plan[i - 1].Saved);
                plan[i - 1].DerivativeApplied = true;
            }
        }

        return plan;
    }
}
