using Backprop.Simd.Internal.IO;
using Backprop.Simd.Internal.Onnx;
using Google.Protobuf;

namespace Backprop.Simd.Onnx;

/// <summary>Writes networks as ONNX models and reads multi-layer perceptrons from them.</summary>
public static class OnnxModel
{
    /// <summary>Writes the network's forward pass as an ONNX model: float [batch, InputSize] to float [batch, OutputSize], the batch of any size. Dropout is left out.</summary>
    /// <param name="network">Its parameters and running statistics are written bit for bit.</param>
    /// <param name="path">Written whole, to a temporary file beside it that then takes its name: on failure an old file stays as it was.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="ArgumentException"><paramref name="path"/> or a name is empty, both names are the same, or an offset or scale has not one value per input.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The operator set or the kind of output is none that can be written.</exception>
    /// <exception cref="InvalidOperationException">The network is beyond the 2 GiB of an ONNX file.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Export(Network network, string path, OnnxExportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentException.ThrowIfNullOrEmpty(path);
        ModelProto model = new GraphWriter(network, options ?? new OnnxExportOptions()).Write();
        AtomicFile.Write(path, model.WriteTo);
    }

    /// <summary>Reads a multi-layer perceptron from an ONNX model.</summary>
    /// <param name="path">A model of one float input [batch, InputSize], further dimensions flattened, and one output, its weights in the file.</param>
    /// <returns>
    /// A network that gives the model's outputs. Read are Gemm, MatMul and Add, Relu, LeakyRelu, Elu, Softplus, Sigmoid, Tanh, Gelu, HardSwish, Softmax at the end, LayerNormalization,
    /// BatchNormalization, Dropout, Flatten, Reshape to [batch, values], Identity, Sub, Mul and Div by constants, Transpose of constants, and GELU, SiLU and HardSwish put together from parts.
    /// Scaling by constants goes into the weights beside it. An activation that follows no weights gets the identity matrix as weights.
    /// </returns>
    /// <exception cref="ArgumentException"><paramref name="path"/> is empty.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is damaged or holds something else; the message names the node and its operator.</exception>
    public static Network Import(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ModelProto model = ModelFile.Read(path, out long length);
        return new GraphReader(path, model, length).Read();
    }
}
