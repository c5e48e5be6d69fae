using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Activations;
using Backprop.Simd.Internal.Elementwise;
using Backprop.Simd.Internal.Initializers;
using Backprop.Simd.Internal.MatrixProduct;
using Backprop.Simd.Internal.Optimizers;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Layers;

/// <summary>
/// y = f(x W + b), W [fanIn, fanOut]. Backward, with z = x W + b: dz = f'(z) dy; dW += x^T dz; db += column sums of dz; dx = dz W^T.
/// </summary>
internal sealed unsafe partial class Dense(int inputSize, int units, ActivationKind activation) : Layer(inputSize, units)
{
    // Of fewer, one pass over all parameters is faster: plain SGD in the epilogue, an optimizer with state by itself and by several threads. (64-64-32-10 SGD, batch 32: -1 %, 100-32-32-10 of 16 -2 to -7 %; Adam, 64-64-64-64-10 -3 %, 200-200-10 -2 %, 784-128-10 0.)
    private const int WeightsWorthUpdating = 1024;
    private const int WeightsWorthUpdatingState = 1 << 16;
    private const int WeightsWorthUpdatingStateShared = 4096;

    // More do not fit into an L2 cache of 1 MiB. (512 x 512, 128 rows: as fast either way; 784 x 512: an update tile by tile takes 3 to 5 % less.)
    private const int WeightsPassedTwice = 1 << 18;

    // By long rows that fill their vectors. (Zen 4, SGD, momentum, Adam: 300 x 400 -6, -23, -12 %, 900 x 256 -3, -24, -13 %, 1000 x 208 0, -22, -12 %; of 257 columns +10, -6, +7 %, of 285 -9, +1, +2 %, of 128, SGD, +5 %, of 20 2.4 times as long; three rows -17 to +12 %; AVX2 -1 to +40 %.)
    private const int WeightsPassedTwiceByTwoRows = 1 << 14;
    private const int LongRow = 192;

    // So short that a good part of their last vector is empty, which an update in their order pays for and one of all the weights in a row does not. (3000 x 90, 100 rows: as fast either way.)
    private const int ShortRow = 64;

    private readonly Saved _saves = ActivationTable.Saves(activation);

    public ActivationKind Activation { get; } = activation;

    public override int WeightCount => checked(InputSize * OutputSize);

    public override int BiasCount => OutputSize;

    public override int SavedPerRow => _saves == Saved.Input ? OutputSize : 0;

    public override string Description =>
        $"Dense({InputSize},{OutputSize},{Activation.Id}:{BitConverter.SingleToInt32Bits(Activation.Parameter):x8})";

    public override LayerTensor[] Tensors =>
    [
        new("weight", TensorPlace.Parameters, 0, [OutputSize, InputSize]),
        new("bias", TensorPlace.Parameters, WeightCount, [OutputSize]),
    ];

    public override int ModuleCount => Activation.Id == ActivationId.Identity ? 1 : 2;

    public override int ScratchFloats(int maxRows, bool training)
    {
        int floats = GemmDriver.ScratchFloats(false, false, maxRows, OutputSize, InputSize);
        if (training)
        {
            // With and without gradients that are kept: which it is may change from step to step.
            floats = Math.Max(floats, GemmDriver.ScratchFloats(true, false, InputSize, OutputSize, maxRows));
            floats = Math.Max(floats, GemmDriver.ScratchFloats(true, false, InputSize, OutputSize, maxRows, storesC: false));
            floats = Math.Max(floats, GemmDriver.ScratchFloats(false, true, maxRows, InputSize, OutputSize));
        }

        return floats;
    }

    public override void Initialize(Span<float> parameters, ulong key)
    {
        UniformFanIn.Fill(parameters[..WeightCount], InputSize, CounterRandom.Derive(key, 0));
        UniformFanIn.Fill(parameters.Slice(WeightCount, BiasCount), InputSize, CounterRandom.Derive(key, 1));
    }

    public override void Prepare(ref LayerPass pass)
    {
        DenseProducts products = pass.Products ??= new DenseProducts();
        products.Output = new GemmArguments
        {
            M = pass.Rows,
            N = OutputSize,
            K = InputSize,
            Alpha = 1,
            A = pass.Input,
            Lda = InputSize,
            B = pass.Parameters,
            Ldb = OutputSize,
            C = pass.Output,
            Ldc = OutputSize,
        };
        if (!pass.Training)
            return;
        products.WeightGradient = new GemmArguments
        {
            TransA = true,
            M = InputSize,
            N = OutputSize,
            K = pass.Rows,
            Alpha = 1,
            A = pass.Input,
            Lda = InputSize,
            B = pass.OutputGradient,
            Ldb = OutputSize,
            Beta = pass.AddsGradients ? 1 : 0,
            C = pass.Gradients,
            Ldc = OutputSize,
        };
        products.InputGradient = new GemmArguments
        {
            TransB = true,
            M = pass.Rows,
            N = InputSize,
            K = OutputSize,
            Alpha = 1,
            A = pass.OutputGradient,
            Lda = OutputSize,
            B = pass.Parameters,
            Ldb = OutputSize,
            C = pass.InputGradient,
            Ldc = InputSize,
        };
        products.UpdatesInTiles = pass.Update is not null
            && ((WeightCount > WeightsPassedTwice && OutputSize > ShortRow) || GemmDriver.UpdatesInTiles(InputSize, OutputSize, pass.Rows));
    }

    public override void Forward(in LayerPass pass)
    {
        if (Activation.Id == ActivationId.Softmax)
        {
            Product(pass, default(Identity));
            RowSoftmax.Forward(pass.Output, pass.Output, pass.Rows, OutputSize);
            return;
        }

        var action = new ForwardAction(this, in pass);
        ActivationTable.Dispatch(Activation, ref action);
    }

    public override void Backward(in LayerPass pass)
    {
        float* dz = pass.OutputGradient;
        if (Activation.Id == ActivationId.Softmax)
        {
            RowSoftmax.Backward(pass.Output, dz, dz, pass.Rows, OutputSize);
        }
        else if (Activation.Id != ActivationId.Identity && !pass.DerivativeApplied)
        {
            var action = new DerivativeAction(_saves == Saved.Input ? pass.Saved : pass.Output, dz, (nint)pass.Rows * OutputSize);
            ActivationTable.Dispatch(Activation, ref action);
        }

        NoEpilogue none = default;
        NothingAfterShare nothing = default;
        ColumnSum.Run(dz, pass.Rows, OutputSize, pass.Gradients + WeightCount, pass.AddsGradients, pass.Workers);

        // Before the weights change; of one row, in the same pass.
        if (pass.InputGradient is not null && !GivesBothInOnePass(in pass))
        {
            if (pass.Below is { } below)
            {
                var action = new InputGradientAction(this, in pass);
                ActivationTable.Dispatch(below.Activation, ref action);
            }
            else
            {
                InputGradient(in pass, ref none, nothing);
            }
        }

        if (pass.Update is { } update)
        {
            var action = new WeightUpdateAction(this, in pass);
            OptimizerTable.Dispatch(update.Kind, update.LearningRate, update.Step, ref action);
        }
        else
        {
            WeightGradient(in pass, ref none, nothing);
        }
    }

    /// <summary>Whether the weights are so many that they are updated as <see cref="LayerPass.Update"/> says.</summary>
    public bool UpdatesWeights(bool keepsState, bool shared) => WeightCount >= (!keepsState ? WeightsWorthUpdating : shared ? WeightsWorthUpdatingStateShared : WeightsWorthUpdatingState);

    /// <summary>Whether the layer above may apply the derivative to its input gradient.</summary>
    public bool HasElementwiseDerivative => Activation.Id is not (ActivationId.Identity or ActivationId.Softmax);

    /// <summary>What the derivative is computed from, given the forward pass's arrays.</summary>
    public float* DerivativeArgument(float* output, float* saved) => _saves == Saved.Input ? saved : output;

    private bool GivesBothInOnePass(in LayerPass pass) => pass.Rows == 1 && pass.Update is not null && UpdatesByFewRows(in pass, keepsState: true);

    // One pass over weights that no cache holds; of one example also over others, which it reads once instead of twice, if the rows end with a vector or are long; of two if they do and are.
    // Tiles that update plain SGD's weights in registers take over at four rows. (Zen 4, 784 x 512 88 to 84.5 us, 601 x 803 140 to 120, 2048 x 2048 1.39 to 1.14 ms; three rows -11 to +8 %; half vectors take 37 to 106 % more, AVX2 from 35 % less to 61 % more.)
    private bool UpdatesByFewRows(in LayerPass pass, bool keepsState) =>
        pass.Rows <= (keepsState || !Tiers.HasSixteenLanes ? FewRowsUpdate.MaxRows : FewRowsUpdate.MaxRows - 1) && OutputSize > SummationOrders.FourChainsColumns
        && (WeightCount > WeightsPassedTwice || (pass.Rows == 1 && (OutputSize % 16 == 0 || OutputSize > 2 * ShortRow))
            || (pass.Rows == 2 && WeightCount > WeightsPassedTwiceByTwoRows && OutputSize >= LongRow && OutputSize % 16 is 0 or 12 && Tiers.HasSixteenLanes));

    private void UpdateByFewRows<TOperation>(in LayerPass pass, TOperation operation)
        where TOperation : struct, IUpdateOperation
    {
        float* dx = GivesBothInOnePass(in pass) ? pass.InputGradient : null;
        FewRowsUpdate.Run(operation, pass.Parameters, pass.States, pass.StateLength, pass.Input, pass.OutputGradient, dx, pass.Rows, InputSize, OutputSize, pass.Workers);
        if (dx is not null && pass.Below is { } below)
        {
            var action = new DerivativeAction(pass.BelowSaved, dx, InputSize);
            ActivationTable.Dispatch(below.Activation, ref action);
        }
    }

    private static void WeightGradient<TEpilogue, TAfter>(in LayerPass pass, ref TEpilogue epilogue, TAfter after)
        where TEpilogue : struct, IEpilogue
        where TAfter : struct, IAfterShare => GemmDriver.Run(in pass.Products!.WeightGradient, ref epilogue, after, pass.Workers, pass.Scratch);

    private static void InputGradient<TEpilogue, TAfter>(in LayerPass pass, ref TEpilogue epilogue, TAfter after)
        where TEpilogue : struct, IEpilogue
        where TAfter : struct, IAfterShare => GemmDriver.Run(in pass.Products!.InputGradient, ref epilogue, after, pass.Workers, pass.Scratch);

    private void Product<TActivation>(in LayerPass pass, TActivation activation)
        where TActivation : struct, IActivation
    {
        float* bias = pass.Parameters + WeightCount;
        if (TActivation.SumsInRegisters > 0)
        {
            var both = new BiasActivation<TActivation>(activation, bias, pass.Saved, OutputSize);
            GemmDriver.Run(in pass.Products!.Output, ref both, pass.Workers, pass.Scratch);
            return;
        }

        GemmArguments arguments = pass.Products!.Output;
        if (TActivation.Saves == Saved.Input && pass.Saved is not null)
            arguments.C = pass.Saved;
        var biasAlone = new BiasActivation<Identity>(default, bias, null, OutputSize);
        var after = new ActivationAfterShare<TActivation>(activation, arguments.C, pass.Output, OutputSize);
        GemmDriver.Run(in arguments, ref biasAlone, after, pass.Workers, pass.Scratch);
    }

    private readonly ref struct ForwardAction(Dense layer, in LayerPass pass) : IActivationAction
    {
        private readonly ref readonly LayerPass _pass = ref pass;

        public void Invoke<TActivation>(TActivation activation)
            where TActivation : struct, IActivation => layer.Product(in _pass, activation);
    }

    private readonly ref struct InputGradientAction(Dense layer, in LayerPass pass) : IActivationAction
    {
        private readonly ref readonly LayerPass _pass = ref pass;

        public void Invoke<TActivation>(TActivation activation)
            where TActivation : struct, IActivation
        {
            if (TActivation.SumsInRegisters > 0)
            {
                var epilogue = new DerivativeBelow<TActivation>(activation, _pass.BelowSaved, layer.InputSize);
                NothingAfterShare nothing = default;
                InputGradient(in _pass, ref epilogue, nothing);
                return;
            }

            NoEpilogue none = default;
            var after = new DerivativeAfterShare<TActivation>(activation, _pass.BelowSaved, _pass.InputGradient, layer.InputSize);
            InputGradient(in _pass, ref none, after);
        }
    }

    private readonly ref struct WeightUpdateAction(Dense layer, in LayerPass pass) : IUpdateAction
    {
        private readonly ref readonly LayerPass _pass = ref pass;

        public void Invoke<TOperation>(TOperation operation)
            where TOperation : struct, IUpdateOperation
        {
            NoEpilogue none = default;
            NothingAfterShare nothing = default;
            if (layer.UpdatesByFewRows(in _pass, TOperation.States > 0))
            {
                layer.UpdateByFewRows(in _pass, operation);
            }
            else if (TOperation.States == 0 && _pass.Products!.UpdatesInTiles)
            {
                var epilogue = new UpdateEpilogue<TOperation>(operation, _pass.Parameters, layer.OutputSize);
                WeightGradient(in _pass, ref epilogue, nothing);
            }
            else
            {
                var after = new UpdateAfterShare<TOperation>(operation, _pass.Parameters, _pass.Gradients, _pass.States, _pass.StateLength, layer.OutputSize);
                WeightGradient(in _pass, ref none, after);
            }
        }
    }

    private readonly struct DerivativeAction(float* saved, float* dy, nint length) : IActivationAction
    {
        public void Invoke<TActivation>(TActivation activation)
            where TActivation : struct, IActivation =>
            Map.Binary(new ActivationBackward<TActivation>(activation), saved, dy, dy, length);
    }

    /// <summary>dz of the layer below: f'(z) times its output gradient.</summary>
    private readonly struct DerivativeBelow<TActivation>(TActivation activation, float* saved, nint stride) : IEpilogue
        where TActivation : struct, IActivation
    {
        public static int SumsInRegisters
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            get => TActivation.SumsInRegisters;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Apply<V>(V sums, nint row, nint column, int count)
            where V : struct, IVectorF32<V>
        {
            float* at = saved + (row * stride) + column;
            return activation.Backward(count == V.Count ? V.Load(at) : V.LoadPartial(at, count), sums);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Store<V>(V sums, nint row, nint column, float* c)
            where V : struct, IVectorF32<V> => V.Store(activation.Backward(V.Load(saved + (row * stride) + column), sums), c);
    }

    /// <summary>z = sums + b; keeps z if the derivative needs it; f(z).</summary>
    private readonly struct BiasActivation<TActivation>(TActivation activation, float* bias, float* saved, nint stride) : IEpilogue
        where TActivation : struct, IActivation
    {
        public static int SumsInRegisters
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            get => TActivation.SumsInRegisters;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Apply<V>(V sums, nint row, nint column, int count)
            where V : struct, IVectorF32<V>
        {
            bool full = count == V.Count;
            V z = sums + (full ? V.Load(bias + column) : V.LoadPartial(bias + column, count));
            if (TActivation.Saves == Saved.Input && saved is not null)
            {
                float* at = saved + (row * stride) + column;
                if (full)
                    V.Store(z, at);
                else
                    V.StorePartial(z, at, count);
            }

            return activation.Forward(z);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Store<V>(V sums, nint row, nint column, float* c)
            where V : struct, IVectorF32<V>
        {
            V z = sums + V.Load(bias + column);
            if (TActivation.Saves == Saved.Input && saved is not null)
                V.Store(z, saved + (row * stride) + column);
            V.Store(activation.Forward(z), c);
        }
    }
}
