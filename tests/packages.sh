#!/usr/bin/env bash
# The packages as a user meets them: packed from two copies of this tree (the assemblies must be the same bytes, the symbols must say where the sources are), installed from a folder into a new project
# outside the tree, which is trimmed and compiled to native code without a warning and runs; the tool installed and run, and the class that it writes of a
# network compiled to native code on its own. Prints sizes.
# Usage: tests/packages.sh [--no-aot]: without NativeAOT where nothing can link it.
set -euo pipefail
cd "$(dirname "$0")/.."
aot=true
[ "${1:-}" != --no-aot ] || aot=false
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_CLI_UI_LANGUAGE=en MSBUILDDISABLENODEREUSE=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rid=$(dotnet --info | sed -nE 's/^ *RID: *//p' | head -n 1)
version=$(sed -nE 's/.*<Version>(.*)<\/Version>.*/\1/p' Directory.Build.props)
fail() { echo "$*" >&2; exit 1; }

# The same commit in both copies: it stands in the assemblies. So does the remote, made up here, for SourceLink.
repository=https://github.com/example/backprop-simd
copy() {
    mkdir "$work/$1"
    git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done |
        tar --null -T - -cf - | tar -xf - -C "$work/$1"
    (
        cd "$work/$1"
        export GIT_AUTHOR_DATE=2026-01-01T00:00:00Z GIT_COMMITTER_DATE=2026-01-01T00:00:00Z
        git init -q -b main
        git remote add origin "$repository.git"
        git -c core.autocrlf=false add -A
        git -c user.name=packages -c user.email=packages@example.invalid -c commit.gpgsign=false commit -qm packages
    ) || fail "copying failed"
}

pack() {
    (
        cd "$work/$1"
        cat >packages.slnf <<'FILTER'
{ "solution": { "path": "Backprop.Simd.sln", "projects": [
  "src/Backprop.Simd/Backprop.Simd.csproj", "src/Backprop.Simd.Data/Backprop.Simd.Data.csproj",
  "src/Backprop.Simd.Onnx/Backprop.Simd.Onnx.csproj", "src/Backprop.Simd.Cli/Backprop.Simd.Cli.csproj" ] } }
FILTER
        # not analyzed, as the build is; of the tool only this machine's package: five need half a gigabyte of other systems' runtimes
        dotnet pack packages.slnf -c Release -o "$work/$1-packages" -v q -p:ContinuousIntegrationBuild=true -p:RunAnalyzers=false -p:ToolPackageRuntimeIdentifiers="$rid" || exit 1
    ) || fail "packing failed"
}

assemblies() {
    local folder=$work/$1-unpacked package
    for package in "$work/$1-packages"/*.nupkg; do
        mkdir -p "$folder/$(basename "$package")"
        unzip -q "$package" -d "$folder/$(basename "$package")"
    done
    (cd "$folder" && find . \( -name 'Backprop.Simd*.dll' -o -name backprop.dll \) -exec sha256sum {} + | sort -k 2)
}

copy one
copy two
pack one &
first=$!
pack two
wait $first
assemblies one >"$work/one.txt"
assemblies two >"$work/two.txt"
cat "$work/one.txt"
[ "$(wc -l <"$work/one.txt")" -ge 7 ] || fail "assemblies are missing from the packages"
diff "$work/one.txt" "$work/two.txt" || fail "packed twice, the assemblies differ"
commit=$(git -C "$work/one" rev-parse HEAD)
for package in "$work/one-packages"/*.nupkg; do
    unzip -p "$package" '*.nuspec' | grep -F '<repository type="git"' | grep -F "url=\"$repository" | grep -F "commit=\"$commit\"" >/dev/null || fail "$(basename "$package") does not name repository and commit"
done
# Without -q, with which grep ends at the first match, and the pipe fails if unzip still writes.
for symbols in Backprop.Simd Backprop.Simd.Data Backprop.Simd.Onnx; do
    [ -s "$work/one-packages/$symbols.$version.snupkg" ] || fail "$symbols has no symbols package"
    unzip -p "$work/one-packages/$symbols.$version.snupkg" "lib/net10.0/$symbols.pdb" | grep -aF "example/backprop-simd/$commit/*" >/dev/null || fail "$symbols: the symbols do not say where the sources are"
done
echo "sources: $repository at $commit, in nuspec and symbols"

# This version comes from the folder and goes to a package folder of its own, everything else from and to where it always does.
cache=$(dotnet nuget locals global-packages --list | sed 's/^[^:]*: *//')
export NUGET_PACKAGES=$work/cache
cat >"$work/nuget.config" <<CONFIG
<configuration>
  <packageSources><add key="packed" value="$work/one-packages" /></packageSources>
  <fallbackPackageFolders><add key="global" value="$cache" /></fallbackPackageFolders>
</configuration>
CONFIG

# The program is the example that the packages' README shows, a use of the two others, and a network of every layer and activation with its outputs.
mkdir "$work/project"
cd "$work/project"
cat >project.csproj <<PROJECT
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
    <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Backprop.Simd" Version="$version" />
    <PackageReference Include="Backprop.Simd.Data" Version="$version" />
    <PackageReference Include="Backprop.Simd.Onnx" Version="$version" />
  </ItemGroup>
</Project>
PROJECT
{
    sed -n '/^```csharp$/,/^```$/p' "$work/one/src/PACKAGE.md" | sed '/^```/d'
    cat <<'PROGRAM'
Backprop.Simd.Data.NpyWriter.Write("numbers.npy", [1f, 2, 3], shape: [3]);
Console.WriteLine(Backprop.Simd.Data.NpyReader.Read("numbers.npy").Values.Length);
Backprop.Simd.Onnx.OnnxModel.Export(network, "xor.onnx");
Console.WriteLine(Backprop.Simd.Onnx.OnnxModel.Import("xor.onnx").ParameterCount == network.ParameterCount);
Activation[] activations =
[
    Activation.Identity, Activation.ReLU, Activation.LeakyReLU(), Activation.ELU(), Activation.Softplus, Activation.Sigmoid, Activation.Tanh,
    Activation.GELU, Activation.GELUTanh, Activation.SiLU, Activation.HardSwish,
];
var every = new NetworkBuilder(inputs: 20).BatchNorm();
foreach (Activation activation in activations)
    every.Dense(12, activation).Dense(24, activation).LayerNorm();
Network all = every.Dropout(0.5).Dense(10, Activation.Softmax).Build(seed: 1);
float[] examples = [.. Enumerable.Range(0, 7 * 20).Select(i => ((i * 37 % 101) - 50) / 10f)];
using (var statistics = new Trainer(all, Loss.MeanSquaredError, Optimizer.Sgd(0.1), new TrainerOptions { MaxBatchSize = 7 }))
    statistics.Step(examples, targets: new float[7 * 10]);
all.Save("every.safetensors");
using var everyPredictor = all.CreatePredictor(maxBatchSize: 7);
File.WriteAllBytes("every.inputs", System.Runtime.InteropServices.MemoryMarshal.AsBytes(examples.AsSpan()).ToArray());
File.WriteAllBytes("every.outputs", System.Runtime.InteropServices.MemoryMarshal.AsBytes(everyPredictor.Predict(examples)).ToArray());
Console.WriteLine(SimdInfo.Description);
PROGRAM
} >Program.cs

build() {
    local name=$1
    shift
    dotnet publish -r "$rid" -c Release -o "$work/$name" --tl:off "$@" >"$work/$name.log" 2>&1 || { cat "$work/$name.log"; fail "$name: publish failed"; }
    ! grep -i 'warning' "$work/$name.log" || fail "$name: warnings"
}

publish() {
    local name=$1
    shift
    build "$name" "$@"
    (cd "$work/$name" && ./project) >"$work/$name.txt" || fail "$name: the program fails"
    [ "$(head -n 3 "$work/$name.txt" | tr '\n' ' ')" = "1 3 True " ] || { cat "$work/$name.txt"; fail "$name: the program says something else"; }
    echo "$name: $(tail -n 1 "$work/$name.txt")"
}

publish trimmed --self-contained -p:PublishTrimmed=true
if $aot; then
    publish native -p:PublishAot=true
    case $rid in
        *-x64) grep -q 'Backprop.Simd: native code for x86-64-v3' "$work/native.log" || fail "the package did not choose an instruction set" ;;
        *) ! grep -q 'Backprop.Simd: native code' "$work/native.log" || fail "the package chose an x64 instruction set" ;;
    esac
    chosen() { dotnet msbuild -restore -verbosity:quiet -getProperty:IlcInstructionSet -p:PublishAot=true "$@"; }
    [ -z "$(chosen -p:RuntimeIdentifier="$rid" -p:BackpropSimdInstructionSet=none)" ] || fail "BackpropSimdInstructionSet=none does not opt out"
    [ "$(chosen -p:RuntimeIdentifier="$rid" -p:IlcInstructionSet=native)" = native ] || fail "the project's own instruction set was replaced"
    [ -z "$(dotnet msbuild -verbosity:quiet -getProperty:IlcInstructionSet -p:PublishAot=true -p:RuntimeIdentifier=linux-arm64)" ] || fail "an x64 instruction set was chosen for Arm64"
fi

dotnet tool install backprop --version "$version" --tool-path "$work/tool" --configfile "$work/nuget.config" >"$work/tool.log" 2>&1 || { cat "$work/tool.log"; fail "the tool cannot be installed"; }
"$work/tool/backprop" --epochs 1 --out "$work/out" >"$work/tool.log" 2>&1 || { cat "$work/tool.log"; fail "the tool fails"; }
[ -s "$work/out/model.safetensors" ] && [ -s "$work/out/curves.png" ] || fail "the tool wrote no model or no picture"

# The class that the tool writes, in a project that refers to nothing: the outputs above, to the bit.
mkdir "$work/exported"
cd "$work/exported"
"$work/tool/backprop" export "$work/trimmed/every.safetensors" --csharp Brain.cs --namespace MyGame --class Brain >"$work/tool.log" 2>&1 || { cat "$work/tool.log"; fail "the tool cannot export"; }
sed '/<ItemGroup>/,/<\/ItemGroup>/d' ../project/project.csproj >exported.csproj
cat >Program.cs <<'PROGRAM'
using System.Runtime.InteropServices;

byte[] inputs = File.ReadAllBytes(args[0]), expected = File.ReadAllBytes(args[1]);
float[] outputs = new float[expected.Length / sizeof(float)];
MyGame.Brain.Predict(MemoryMarshal.Cast<byte, float>(inputs), outputs);
Console.WriteLine($"{(MemoryMarshal.AsBytes(outputs.AsSpan()).SequenceEqual(expected) ? "the same bits" : "OTHER BITS")}, {outputs.Length} outputs, {System.Numerics.Vector<float>.Count * 32} bits");
PROGRAM
exported() {
    echo "the exported class, $1: $("${@:2}" "$work/trimmed/every.inputs" "$work/trimmed/every.outputs")" | tee "$work/exported.txt"
    grep -q 'the same bits, 70 outputs' "$work/exported.txt" || fail "the exported class gives other outputs"
}
build exported-jit --self-contained false
exported "JIT" "$work/exported-jit/exported"
if $aot; then
    # as the head of the class says: without FMA the bits are others
    case $rid in *-x64) set=x86-64-v3 ;; *) set= ;; esac
    build exported-native -p:PublishAot=true -p:IlcInstructionSet="$set"
    exported "native" "$work/exported-native/exported"
else
    echo "SKIPPED the exported class as native code: nothing can link it"
fi

size() { echo "$(wc -c <"$1" | tr -d ' ') bytes: ${2:-$(basename "$1")}"; }
for package in "$work/one-packages"/*; do size "$package"; done
library=$work/one-unpacked/Backprop.Simd.$version.nupkg/lib/net10.0/Backprop.Simd.dll
tensors=$(find "$work/cache" "$cache" -ipath '*/system.numerics.tensors/*/lib/net10.0/System.Numerics.Tensors.dll' 2>/dev/null | sort | tail -n 1 || true)
size "$library"
size "$tensors"
! $aot || size "$work/native/project" "the program as native code"
[ "$(wc -c <"$library")" -le 500000 ] || fail "the library is larger than 500 KB"
[ "$(wc -c <"$tensors")" -le 1100000 ] || fail "its dependency is larger than 1.1 MB"
echo "packages: ok"
