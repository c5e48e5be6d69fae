using Backprop.Simd.Kernels;
using Backprop.Simd.Verification;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>Wrong calls and damaged files, each with the message that it gets: what is wrong, by which name, and both sizes. Nothing is written before.</summary>
public class BadInputTests
{
    private static readonly Case[] s_cases =
    [
        new("Gemm: a negative size", w => Gemm.Multiply(-1, 2, 2, w.Inputs, w.Inputs, w.Output), typeof(ArgumentOutOfRangeException),
            "m ('-1') must be a non-negative value. (Parameter 'm') Actual value was -1."),
        new("Gemm: lda below the row", w => Gemm.Multiply(Transpose.No, Transpose.No, 2, 2, 3, 1, w.Inputs, 2, w.Inputs, 2, 0, w.Output, 2), typeof(ArgumentOutOfRangeException),
            "lda is 2, but a row of a has 3 elements. (Parameter 'lda') Actual value was 2."),
        new("Gemm: lda below the row of a transposed a", w => Gemm.Multiply(Transpose.Yes, Transpose.No, 4, 2, 3, 1, w.Inputs, 3, w.Inputs, 2, 0, w.Output, 2), typeof(ArgumentOutOfRangeException),
            "lda is 3, but a row of a has 4 elements. (Parameter 'lda') Actual value was 3."),
        new("Gemm: ldb below the row", w => Gemm.Multiply(Transpose.No, Transpose.Yes, 2, 2, 3, 1, w.Inputs, 3, w.Inputs, 2, 0, w.Output, 2), typeof(ArgumentOutOfRangeException),
            "ldb is 2, but a row of b has 3 elements. (Parameter 'ldb') Actual value was 2."),
        new("Gemm: ldc below the row", w => Gemm.Multiply(Transpose.No, Transpose.No, 2, 2, 3, 1, w.Inputs, 3, w.Inputs, 2, 0, w.Output, 1), typeof(ArgumentOutOfRangeException),
            "ldc is 1, but a row of c has 2 elements. (Parameter 'ldc') Actual value was 1."),
        new("Gemm: a too short", w => Gemm.Multiply(2, 2, 3, w.Inputs.AsSpan(0, 5), w.Inputs, w.Output), typeof(ArgumentException),
            "a has 5 elements, but 2 rows of 3, 3 apart, take 6. (Parameter 'a')"),
        new("Gemm: b too short", w => Gemm.Multiply(2, 2, 3, w.Inputs, w.Inputs.AsSpan(0, 5), w.Output), typeof(ArgumentException),
            "b has 5 elements, but 3 rows of 2, 2 apart, take 6. (Parameter 'b')"),
        new("Gemm: c too short", w => Gemm.Multiply(2, 2, 3, w.Inputs, w.Inputs, w.Output.AsSpan(0, 3)), typeof(ArgumentException),
            "c has 3 elements, but 2 rows of 2, 2 apart, take 4. (Parameter 'c')"),
        new("Gemm: sizes whose product needs 64 bits", w => Gemm.Multiply(int.MaxValue, int.MaxValue, 1, w.Inputs, w.Inputs, w.Output), typeof(ArgumentException),
            "a has 64 elements, but 2147483647 rows of 1, 1 apart, take 2147483647. (Parameter 'a')"),
        new("Gemm: c over a", w => Gemm.Multiply(2, 2, 2, w.Output, w.Inputs, w.Output.AsSpan(3)), typeof(ArgumentException),
            "c (4 elements) overlaps a (4 elements): a product cannot be written over its operands. (Parameter 'c')"),
        new("Gemm: an undefined transpose", w => Gemm.Multiply((Transpose)7, Transpose.No, 2, 2, 2, 1, w.Inputs, 2, w.Inputs, 2, 0, w.Output, 2), typeof(ArgumentOutOfRangeException),
            "Neither Transpose.No nor Transpose.Yes. (Parameter 'transA') Actual value was 7."),
        new("Gemm: a disposed pool", w => Gemm.Multiply(2, 2, 2, w.Inputs, w.Inputs, w.Output, w.DisposedPool), typeof(ObjectDisposedException),
            "Cannot access a disposed object. Object name: 'Backprop.Simd.WorkerPool'."),

        new("Activations: lengths that differ", w => Activations.Forward(Activation.Tanh, w.Inputs.AsSpan(0, 5), w.Output.AsSpan(0, 4)), typeof(ArgumentException),
            "y holds 4 floats, and x 5; they must be equal. (Parameter 'y')"),
        new("Activations: overlap in part", w => Activations.Forward(Activation.ReLU, w.Output.AsSpan(0, 8), w.Output.AsSpan(1, 8)), typeof(ArgumentException),
            "y overlaps x by all but 1 of 8 floats; they must be the same span or apart. (Parameter 'y')"),
        new("Activations: softmax", w => Activations.Forward(Activation.Softmax, w.Inputs, w.Output), typeof(ArgumentException),
            "Softmax is not elementwise: use Softmax.Forward, which takes rows. (Parameter 'activation')"),
        new("Activations: backward with a short y", w => Activations.Backward(Activation.GELU, w.Inputs, w.Inputs.AsSpan(1), w.Inputs, w.Output), typeof(ArgumentException),
            "y holds 63 floats, and x 64; they must be equal. (Parameter 'y')"),
        new("Activations: backward with a short dy", w => Activations.Backward(Activation.GELU, w.Inputs, w.Inputs, w.Inputs.AsSpan(1), w.Output), typeof(ArgumentException),
            "dy holds 63 floats, and x 64; they must be equal. (Parameter 'dy')"),
        new("Activations: backward over a shifted dy", w => Activations.Backward(Activation.GELU, w.Inputs.AsSpan(0, 8), w.Inputs.AsSpan(0, 8), w.Output.AsSpan(0, 8), w.Output.AsSpan(2, 8)), typeof(ArgumentException),
            "dx overlaps dy by all but 2 of 8 floats; they must be the same span or apart. (Parameter 'dx')"),

        new("Softmax: no classes", w => Softmax.Forward(w.Inputs, 0, w.Output), typeof(ArgumentOutOfRangeException),
            "classes ('0') must be greater than or equal to '1'. (Parameter 'classes') Actual value was 0."),
        new("Softmax: rows that are not whole", w => Softmax.Forward(w.Inputs, 5, w.Output), typeof(ArgumentException),
            "logits holds 64 floats: not a multiple of classes, 5. (Parameter 'logits')"),
        new("Softmax: a short output", w => Softmax.Forward(w.Inputs, 4, w.Output.AsSpan(4)), typeof(ArgumentException),
            "probabilities holds 60 floats, and logits 64; they must be equal. (Parameter 'probabilities')"),

        new("VectorMath: lengths that differ", w => VectorMath.Exp(w.Inputs.AsSpan(0, 3), w.Output.AsSpan(0, 4)), typeof(ArgumentException),
            "y holds 4 floats, and x 3; they must be equal. (Parameter 'y')"),
        new("VectorMath: overlap in part", w => VectorMath.Log(w.Output.AsSpan(5, 20), w.Output.AsSpan(0, 20)), typeof(ArgumentException),
            "y overlaps x by all but 5 of 20 floats; they must be the same span or apart. (Parameter 'y')"),

        new("NetworkBuilder: no inputs", w => new NetworkBuilder(0), typeof(ArgumentOutOfRangeException),
            "inputs ('0') must be greater than or equal to '1'. (Parameter 'inputs') Actual value was 0."),
        new("NetworkBuilder: no units", w => new NetworkBuilder(3).Dense(0), typeof(ArgumentOutOfRangeException),
            "units ('0') must be greater than or equal to '1'. (Parameter 'units') Actual value was 0."),
        new("NetworkBuilder: more weights than can be addressed", w => new NetworkBuilder(100_000).Dense(100_000), typeof(ArgumentOutOfRangeException),
            "100000 x 100000 weights are more than the 2147483392 floats that can be addressed. (Parameter 'units') Actual value was 100000."),
        new("NetworkBuilder: a dropout rate of 1", w => new NetworkBuilder(3).Dropout(1), typeof(ArgumentOutOfRangeException),
            "rate must be at least 0 and below 1; it is 1. (Parameter 'rate') Actual value was 1."),
        new("NetworkBuilder: a dropout rate that is NaN", w => new NetworkBuilder(3).Dropout(double.NaN), typeof(ArgumentOutOfRangeException),
            "rate must be at least 0 and below 1; it is NaN. (Parameter 'rate') Actual value was NaN."),
        new("NetworkBuilder: a momentum above 1", w => new NetworkBuilder(3).BatchNorm(1.5), typeof(ArgumentOutOfRangeException),
            "momentum must be 0 to 1; it is 1.5. (Parameter 'momentum') Actual value was 1.5."),
        new("NetworkBuilder: a layer after softmax", w => new NetworkBuilder(3).Dense(2, Activation.Softmax).Dense(2), typeof(InvalidOperationException),
            "Softmax is possible in the last layer only; no layer can follow it."),
        new("NetworkBuilder: no layers", w => new NetworkBuilder(3).Build(1), typeof(InvalidOperationException),
            "The network of 3 inputs has no layer: call Dense first."),

        new("Activation: a slope that is NaN", w => Activation.LeakyReLU(double.NaN), typeof(ArgumentOutOfRangeException),
            "slope must be finite in single precision; it is NaN. (Parameter 'slope') Actual value was NaN."),
        new("Activation: a slope that no float holds", w => Activation.LeakyReLU(1e300), typeof(ArgumentOutOfRangeException),
            "slope must be finite in single precision; it is 1E+300. (Parameter 'slope') Actual value was 1E+300."),
        new("Activation: an infinite alpha", w => Activation.ELU(double.PositiveInfinity), typeof(ArgumentOutOfRangeException),
            "alpha must be finite in single precision; it is Infinity. (Parameter 'alpha') Actual value was Infinity."),

        new("Loss: a delta of 0", w => Loss.Huber(0), typeof(ArgumentOutOfRangeException),
            "delta must be finite and greater than 0; it is 0. (Parameter 'delta') Actual value was 0."),
        new("Loss: a delta that is NaN", w => Loss.Huber(double.NaN), typeof(ArgumentOutOfRangeException),
            "delta must be finite and greater than 0; it is NaN. (Parameter 'delta') Actual value was NaN."),

        new("Optimizer: a negative learning rate", w => Optimizer.Sgd(-0.1), typeof(ArgumentOutOfRangeException),
            "learningRate must be finite and not negative; it is -0.1. (Parameter 'learningRate') Actual value was -0.1."),
        new("Optimizer: Nesterov without momentum", w => Optimizer.Sgd(0.1, nesterov: true), typeof(ArgumentException),
            "nesterov needs a momentum greater than 0; it is 0. (Parameter 'nesterov')"),
        new("Optimizer: a beta1 of 1", w => Optimizer.Adam(beta1: 1), typeof(ArgumentOutOfRangeException),
            "beta1 must be at least 0 and below 1; it is 1. (Parameter 'beta1') Actual value was 1."),
        new("Optimizer: an epsilon that is NaN", w => Optimizer.AdamW(epsilon: double.NaN), typeof(ArgumentOutOfRangeException),
            "epsilon must be finite and not negative; it is NaN. (Parameter 'epsilon') Actual value was NaN."),
        new("Optimizer: an infinite weight decay", w => Optimizer.Adam(weightDecay: double.PositiveInfinity), typeof(ArgumentOutOfRangeException),
            "weightDecay must be finite and not negative; it is Infinity. (Parameter 'weightDecay') Actual value was Infinity."),
        new("Optimizer: a negative alpha", w => Optimizer.RMSprop(alpha: -0.1), typeof(ArgumentOutOfRangeException),
            "alpha must be at least 0 and below 1; it is -0.1. (Parameter 'alpha') Actual value was -0.1."),

        new("Trainer: no batch size", w => new Trainer(w.Network, Loss.MeanSquaredError, Optimizer.Adam(), new TrainerOptions { MaxBatchSize = 0 }), typeof(ArgumentOutOfRangeException),
            "options.MaxBatchSize ('0') must be greater than or equal to '1'. (Parameter 'options.MaxBatchSize') Actual value was 0."),
        new("Trainer: softmax with a loss that takes logits", w => new Trainer(new NetworkBuilder(3).Dense(2, Activation.Softmax).Build(1), Loss.SoftmaxCrossEntropy, Optimizer.Adam()), typeof(ArgumentException),
            "SoftmaxCrossEntropy takes logits, and this network ends in Softmax: make its last layer Identity. (Parameter 'loss')"),
        new("Trainer: no network", w => new Trainer(null!, Loss.MeanSquaredError, Optimizer.Adam()), typeof(ArgumentNullException),
            "Value cannot be null. (Parameter 'network')"),
        new("Trainer: inputs that are no whole examples", w => w.Trainer.Step(w.Inputs.AsSpan(0, 7), labels: [0, 1]), typeof(ArgumentException),
            "inputs holds 7 floats: not a positive multiple of the network's 3 inputs. (Parameter 'inputs')"),
        new("Trainer: no inputs", w => w.Trainer.Step([], labels: []), typeof(ArgumentException),
            "inputs holds 0 floats: not a positive multiple of the network's 3 inputs. (Parameter 'inputs')"),
        new("Trainer: more examples than MaxBatchSize", w => w.Trainer.Step(w.Inputs.AsSpan(0, 15), labels: [0, 1, 0, 1, 0]), typeof(ArgumentException),
            "inputs holds 5 examples; at most 4 (MaxBatchSize) fit. (Parameter 'inputs')"),
        new("Trainer: labels that are too few", w => w.Trainer.Step(w.Inputs.AsSpan(0, 6), labels: [0]), typeof(ArgumentException),
            "labels holds 1 labels for 2 examples. (Parameter 'labels')"),
        new("Trainer: a label beyond the classes", w => w.Trainer.Step(w.Inputs.AsSpan(0, 6), labels: [0, 2]), typeof(ArgumentOutOfRangeException),
            "labels[1] is 2; the network has 2 classes, 0 to 1. (Parameter 'labels') Actual value was 2."),
        new("Trainer: a negative label", w => w.Trainer.Step(w.Inputs.AsSpan(0, 6), labels: [-1, 1]), typeof(ArgumentOutOfRangeException),
            "labels[0] is -1; the network has 2 classes, 0 to 1. (Parameter 'labels') Actual value was -1."),
        new("Trainer: labels for a loss that takes targets", w => w.Regression.Step(w.Inputs.AsSpan(0, 6), labels: [0, 1]), typeof(ArgumentException),
            "MeanSquaredError takes targets, not labels: write Step(inputs, targets: ...) with floats, rows x OutputSize. (Parameter 'labels')"),
        new("Trainer: targets that are too many", w => w.Regression.Step(w.Inputs.AsSpan(0, 6), targets: [0, 1, 2, 3, 4]), typeof(ArgumentException),
            "targets holds 5 floats; 2 examples with 2 outputs need 4. (Parameter 'targets')"),
        new("Trainer: forward of half an example", w => w.Trainer.Forward(w.Inputs.AsSpan(0, 2)), typeof(ArgumentException),
            "inputs holds 2 floats: not a positive multiple of the network's 3 inputs. (Parameter 'inputs')"),
        new("Trainer: backward before forward", w => w.Regression.Backward([1f, 2f]), typeof(InvalidOperationException),
            "Backward needs a Forward before it; Step and Update end the last one."),
        new("Trainer: backward of another size", w => w.Trainer.Backward([1f, 2f]), typeof(ArgumentException),
            "outputGradient holds 2 floats; 2 examples with 2 outputs need 4. (Parameter 'outputGradient')"),
        new("Trainer: an input gradient that was not asked for", w => _ = w.Trainer.InputGradient, typeof(InvalidOperationException),
            "InputGradient is computed only if TrainerOptions.InputGradient is true."),
        new("Trainer: a learning rate that is NaN", w => w.Trainer.LearningRate = double.NaN, typeof(ArgumentOutOfRangeException),
            "LearningRate must be finite and not negative; it is NaN. (Parameter 'LearningRate') Actual value was NaN."),
        new("Trainer: one example for BatchNorm", w => new Trainer(new NetworkBuilder(3).BatchNorm().Dense(2).Build(1), Loss.MeanSquaredError, Optimizer.Adam()).Step(w.Inputs.AsSpan(0, 3), targets: [0, 1]), typeof(ArgumentException),
            "inputs holds 1 example; BatchNorm trains on at least 2. (Parameter 'inputs')"),
        new("Trainer: a disposed pool", w => new Trainer(w.Network, Loss.MeanSquaredError, Optimizer.Adam(), new TrainerOptions { Workers = w.DisposedPool }).Update(), typeof(ObjectDisposedException),
            "Cannot access a disposed object. Object name: 'Backprop.Simd.WorkerPool'."),
        new("Trainer: a disposed trainer", w => DisposedTrainer(w).Update(), typeof(ObjectDisposedException),
            "Cannot access a disposed object. Object name: 'Backprop.Simd.Trainer'."),

        new("Fit: a batch size above MaxBatchSize", w => w.Trainer.Fit(new Dataset(w.Inputs[..12], 3, [0, 1, 0, 1], 2), new FitOptions { BatchSize = 8 }), typeof(ArgumentException),
            "BatchSize is 8; this trainer's MaxBatchSize is 4. (Parameter 'options')"),
        new("Fit: negative epochs", w => w.Trainer.Fit(new Dataset(w.Inputs[..12], 3, [0, 1, 0, 1], 2), new FitOptions { BatchSize = 4, Epochs = -1 }), typeof(ArgumentOutOfRangeException),
            "options.Epochs ('-1') must be a non-negative value. (Parameter 'options.Epochs') Actual value was -1."),
        new("Fit: examples of another width", w => w.Trainer.Fit(new Dataset(w.Inputs[..8], 2, [0, 1, 0, 1], 2), new FitOptions { BatchSize = 4 }), typeof(ArgumentException),
            "dataset has 2 inputs per example; the network has 3. (Parameter 'dataset')"),
        new("Fit: other classes", w => w.Trainer.Fit(new Dataset(w.Inputs[..12], 3, [0, 1, 0, 1], 3), new FitOptions { BatchSize = 4 }), typeof(ArgumentException),
            "dataset has 3 classes or targets per example; the network has 2 outputs. (Parameter 'dataset')"),
        new("Fit: labels for a loss that takes targets", w => w.Regression.Fit(new Dataset(w.Inputs[..12], 3, [0, 1, 0, 1], 2), new FitOptions { BatchSize = 4 }), typeof(ArgumentException),
            "dataset has labels, and MeanSquaredError takes targets: make the Dataset from float targets. (Parameter 'dataset')"),
        new("Fit: a warm-up longer than the schedule", w => LearningRateSchedule.Cosine(3, warmUpEpochs: 3), typeof(ArgumentOutOfRangeException),
            "warmUpEpochs ('3') must be less than '3'. (Parameter 'warmUpEpochs') Actual value was 3."),
        new("Fit: no patience", w => new EarlyStopping(0), typeof(ArgumentOutOfRangeException),
            "patience ('0') must be greater than or equal to '1'. (Parameter 'patience') Actual value was 0."),

        new("Predictor: no batch size", w => w.Network.CreatePredictor(0), typeof(ArgumentOutOfRangeException),
            "maxBatchSize ('0') must be greater than or equal to '1'. (Parameter 'maxBatchSize') Actual value was 0."),
        new("Predictor: inputs that are no whole examples", w => w.Predictor.Predict(w.Inputs.AsSpan(0, 4)), typeof(ArgumentException),
            "inputs holds 4 floats: not a positive multiple of the network's 3 inputs. (Parameter 'inputs')"),
        new("Predictor: more examples than MaxBatchSize", w => w.Predictor.Predict(w.Inputs.AsSpan(0, 15)), typeof(ArgumentException),
            "inputs holds 5 examples; at most 4 (MaxBatchSize) fit. (Parameter 'inputs')"),
        new("Predictor: two examples to classify", w => w.Predictor.Classify(w.Inputs.AsSpan(0, 6)), typeof(ArgumentException),
            "input holds 6 floats; one example has 3. (Parameter 'input')"),
        new("Predictor: a disposed predictor", w => DisposedPredictor(w).Classify(w.Inputs.AsSpan(0, 3)), typeof(ObjectDisposedException),
            "Cannot access a disposed object. Object name: 'Backprop.Simd.Predictor'."),

        new("Dataset: inputs that are no whole examples", w => new Dataset(w.Inputs[..7], 3, [0, 1], 2), typeof(ArgumentException),
            "inputs holds 7 floats: not a multiple of inputSize, 3. (Parameter 'inputs')"),
        new("Dataset: no input size", w => new Dataset(w.Inputs[..6], 0, [0, 1], 2), typeof(ArgumentOutOfRangeException),
            "inputSize ('0') must be greater than or equal to '1'. (Parameter 'inputSize') Actual value was 0."),
        new("Dataset: labels that are too many", w => new Dataset(w.Inputs[..6], 3, [0, 1, 0], 2), typeof(ArgumentException),
            "labels holds 3 labels for 2 examples. (Parameter 'labels')"),
        new("Dataset: a label beyond the classes", w => new Dataset(w.Inputs[..6], 3, [0, 2], 2), typeof(ArgumentOutOfRangeException),
            "labels[1] is 2; there are 2 classes, 0 to 1. (Parameter 'labels') Actual value was 2."),
        new("Dataset: targets that are too few", w => new Dataset(w.Inputs[..6], 3, [0f, 1f, 2f], 2), typeof(ArgumentException),
            "targets holds 3 floats; 2 examples with 2 targets need 4. (Parameter 'targets')"),
        new("Dataset: a split that leaves nothing", w => new Dataset(w.Inputs[..6], 3, [0, 1], 2).Split(1f, 1), typeof(ArgumentOutOfRangeException),
            "fraction must be greater than 0 and below 1; it is 1. (Parameter 'fraction') Actual value was 1."),

        new("WorkerPool: no threads", w => new WorkerPool(0), typeof(ArgumentOutOfRangeException),
            "threads ('0') must be greater than or equal to '1'. (Parameter 'threads') Actual value was 0."),
        new("WorkerPool: absurdly many threads", w => new WorkerPool(100_000), typeof(ArgumentOutOfRangeException),
            "threads ('100000') must be less than or equal to '1024'. (Parameter 'threads') Actual value was 100000."),

        new("GradientCheck: labels that are too few", w => GradientCheck.Run(w.Network, Loss.SoftmaxCrossEntropy, w.Inputs.AsSpan(0, 6), labels: [0]), typeof(ArgumentException),
            "labels holds 1 labels for 2 examples. (Parameter 'labels')"),
        new("GradientCheck: a network without parameters", w => GradientCheck.Run(new NetworkBuilder(3).Dropout(0.5).Build(1), Loss.MeanSquaredError, w.Inputs.AsSpan(0, 3), targets: [1, 2, 3]), typeof(ArgumentException),
            "The network has no parameters, and so no gradients to check. (Parameter 'network')"),

        new("Files: no such file", w => Network.Load(w.PathOf("none.safetensors")), typeof(FileNotFoundException),
            "There is no file 'none.safetensors'."),
        new("Files: an empty path", w => Network.Load(""), typeof(ArgumentException),
            "The value cannot be an empty string. (Parameter 'path')"),
        new("Files: saving to an empty path", w => w.Network.Save(""), typeof(ArgumentException),
            "The value cannot be an empty string. (Parameter 'path')"),
        new("Files: an empty file", w => Network.Load(w.Empty()), typeof(InvalidDataException),
            "empty: the file holds 0 bytes; the length of the header alone takes 8."),
        new("Files: a header longer than the file", w => Network.Load(w.Changed(h => h, length: _ => 99_999)), typeof(InvalidDataException),
            "model: the header says that it has 99999 bytes; the file holds 504 after the length."),
        new("Files: a header longer than the format allows", w => Network.Load(w.Changed(h => h, length: _ => long.MaxValue)), typeof(InvalidDataException),
            "model: the header says that it has 9223372036854775807 bytes; the format allows 100000000."),
        new("Files: data cut off", w => Network.Load(w.Changed(h => h, data: d => d[..^1])), typeof(InvalidDataException),
            "model: tensor '2.weight' ends at 104; the file holds 103 bytes of data."),
        new("Files: bytes after the last tensor", w => Network.Load(w.Changed(h => h, data: d => [.. d, 0])), typeof(InvalidDataException),
            "model: the tensors end at 104; the file holds 105 bytes of data."),
        new("Files: a header that is no JSON", w => Network.Load(w.Changed(h => h.Replace("\"shape\":", "\"shape\"", StringComparison.Ordinal))), typeof(InvalidDataException),
            "model: the header is not valid JSON: '[' is invalid after a property name. Expected a ':'. LineNumber: 0 | BytePositionInLine: 183."),
        new("Files: a header that is no object", w => Network.Load(w.Changed(h => "[]")), typeof(InvalidDataException),
            "model: the header does not start with '{'."),
        new("Files: an unknown element type", w => Network.Load(w.Changed(h => h.Replace("F32", "F31", StringComparison.Ordinal))), typeof(InvalidDataException),
            "model: tensor '0.bias' has dtype 'F31', which the format does not know."),
        new("Files: a tensor twice", w => Network.Load(w.Changed(h => h.Replace("2.bias", "0.bias", StringComparison.Ordinal))), typeof(InvalidDataException),
            "model: tensor '0.bias' stands in the header twice."),
        new("Files: tensors that overlap", w => Network.Load(w.Changed(h => h.Replace("[16,64]", "[8,56]", StringComparison.Ordinal))), typeof(InvalidDataException),
            "model: tensor '0.weight' begins at 8; the tensors before it end at 16."),
        new("Files: a hole between tensors", w => Network.Load(w.Changed(h => h.Replace("[16,64]", "[20,68]", StringComparison.Ordinal))), typeof(InvalidDataException),
            "model: tensor '0.weight' begins at 20; the tensors before it end at 16."),
        new("Files: a shape whose size overflows", w => Network.Load(w.Changed(h => h.Replace("[4,3]", "[4611686018427387904,4]", StringComparison.Ordinal))), typeof(InvalidDataException),
            "model: tensor '0.weight' has a shape, F32 [4611686018427387904, 4], whose size overflows."),
        new("Files: a shape that does not fit its bytes", w => Network.Load(w.Changed(h => h.Replace("[4,3]", "[4,4]", StringComparison.Ordinal))), typeof(InvalidDataException),
            "model: tensor '0.weight' has 48 bytes; F32 [4, 4] needs 64."),
        new("Files: a shape that does not fit the architecture", w => Network.Load(w.Changed(h => h.Replace("[4,3]", "[3,4]", StringComparison.Ordinal))), typeof(InvalidDataException),
            "model: tensor '0.weight' of layer 0 is F32 [3, 4]; the architecture needs F32 [4, 3]."),
        new("Files: a tensor that is missing", w => Network.Load(w.Changed(h => h.Replace("2.bias", "3.bias", StringComparison.Ordinal))), typeof(InvalidDataException),
            "model: tensor '2.bias' of layer 1 is missing."),
        new("Files: a newer format", w => Network.Load(w.Changed(h => h.Replace("version\":\"1\"", "version\":\"2\"", StringComparison.Ordinal))), typeof(InvalidDataException),
            "model: its format version is 2; this library reads up to version 1."),
        new("Files: a layer that is not known", w => Network.Load(w.Changed(h => h.Replace("Dense(4,2", "Conv(4,2", StringComparison.Ordinal))), typeof(InvalidDataException),
            "model: layer 1 of backprop_simd.architecture, 'Conv(4,2,Identity:00000000)': no such layer is known"),
        new("Files: a checkpoint in place of a network", w => Network.Load(w.ChangedCheckpoint(h => h)), typeof(InvalidDataException),
            "checkpoint: this is a checkpoint, not a network: Trainer.LoadCheckpoint reads it."),
        new("Files: a network in place of a checkpoint", w => w.Trainer.LoadCheckpoint(w.Changed(h => h)), typeof(InvalidDataException),
            "model: its __metadata__ has no backprop_simd.loss: this is no checkpoint. Network.Load reads networks."),
        new("Files: a checkpoint of another loss", w => w.Trainer.LoadCheckpoint(w.ChangedCheckpoint(h => h.Replace("SoftmaxCrossEntropy", "MeanSquaredError", StringComparison.Ordinal))), typeof(InvalidDataException),
            "checkpoint: the loss of this checkpoint is 'MeanSquaredError'; this trainer's is 'SoftmaxCrossEntropy'."),
        new("Files: a checkpoint of another optimizer", w => w.Trainer.LoadCheckpoint(w.ChangedCheckpoint(h => h.Replace("beta1: 0.9,", "beta1: 0.8,", StringComparison.Ordinal))), typeof(InvalidDataException),
            "checkpoint: the optimizer of this checkpoint is 'Adam(momentum: 0, nesterov: False, weightDecay: 0, beta1: 0.8, beta2: 0.999, alpha: 0, epsilon: 1E-08)'; this trainer's is 'Adam(momentum: 0, nesterov: False, weightDecay: 0, beta1: 0.9, beta2: 0.999, alpha: 0, epsilon: 1E-08)'."),
        new("Files: a checkpoint of another network", w => w.Trainer.LoadCheckpoint(w.ChangedCheckpoint(h => h.Replace("Tanh", "ReLU", StringComparison.Ordinal))), typeof(InvalidDataException),
            "checkpoint: the network of this checkpoint is 'Dense(3,4,ReLU:00000000);Dense(4,2,Identity:00000000)'; this trainer's is 'Dense(3,4,Tanh:00000000);Dense(4,2,Identity:00000000)'."),
        new("Files: a learning rate that is NaN", w => w.Trainer.LoadCheckpoint(w.ChangedCheckpoint(h => h.Replace("3f50624dd2f1a9fc", "7ff8000000000000", StringComparison.Ordinal))), typeof(InvalidDataException),
            "checkpoint: backprop_simd.learning_rate_bits are the bits of NaN; it must be finite and at least 0."),
    ];

    public static TheoryData<string> Names => new(s_cases.Select(wrong => wrong.Name));

    [Theory]
    [MemberData(nameof(Names))]
    public void A_wrong_call_gets_its_message_and_changes_nothing(string name)
    {
        Case wrong = s_cases.Single(wrong => wrong.Name == name);
        using var world = new World();
        string before = world.Snapshot();
        Exception e = Assert.Throws(wrong.Type, () => wrong.Call(world));
        Assert.Equal(wrong.Message, world.WithoutFolder(e.Message));
        if (e is ArgumentException { ParamName: { } parameter })
            Assert.Contains($"(Parameter '{parameter}')", e.Message, StringComparison.Ordinal);
        Assert.Equal(before, world.Snapshot());
    }

    private static Trainer DisposedTrainer(World world)
    {
        var trainer = new Trainer(world.Network, Loss.MeanSquaredError, Optimizer.Adam());
        trainer.Dispose();
        return trainer;
    }

    private static Predictor DisposedPredictor(World world)
    {
        Predictor predictor = world.Network.CreatePredictor();
        predictor.Dispose();
        return predictor;
    }

    private sealed record Case(string Name, Action<World> Call, Type Type, string Message);
}
