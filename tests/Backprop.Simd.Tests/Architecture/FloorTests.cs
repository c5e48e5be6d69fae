using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Mono.Cecil;
using Mono.Cecil.Cil;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>The house of docs/architecture.md: a floor uses only floors below it, and a type lives where its folder says.</summary>
public sealed partial class FloorTests
{
    private static readonly Dictionary<string, int> s_floors = new(StringComparer.Ordinal)
    {
        ["Memory"] = 0,
        ["Simd"] = 1,
        ["Threading"] = 1,
        ["Elementwise"] = 2,
        ["MatrixProduct"] = 2,
        ["Activations"] = 3,
        ["Losses"] = 3,
        ["Initializers"] = 3,
        ["Optimizers"] = 3,
        ["Layers"] = 4,
        ["IO"] = 5,
        ["Data"] = 5,
        ["Kernels"] = 5,
        ["Verification"] = 5,
        [string.Empty] = 5,
    };

    private static readonly string[] s_publicNamespaces = ["Backprop.Simd", "Backprop.Simd.Kernels", "Backprop.Simd.Data", "Backprop.Simd.Onnx", "Backprop.Simd.Verification"];

    private static readonly Assembly s_library = typeof(SimdInfo).Assembly;

    [Fact]
    public void Every_folder_has_a_floor() =>
        Assert.Empty(SourceTree.LibraryFiles.Select(file => SourceTree.FolderOf(file.Path)).Where(folder => !s_floors.ContainsKey(folder)).Distinct());

    [Fact]
    public void A_floor_uses_only_floors_below_it()
    {
        Dictionary<string, int> floorOf = FloorsOfTypes();
        using var module = ModuleDefinition.ReadModule(s_library.Location);
        var upward = new SortedSet<string>(StringComparer.Ordinal);
        int edges = 0;
        foreach (TypeDefinition type in module.GetTypes())
        {
            if (!floorOf.TryGetValue(OutermostName(type), out int floor))
                continue;
            foreach (string used in UsedTypes(type).Select(OutermostName))
            {
                if (!floorOf.TryGetValue(used, out int usedFloor))
                    continue;
                edges++;
                if (usedFloor > floor)
                    upward.Add($"{OutermostName(type)} (floor {floor}) uses {used} (floor {usedFloor})");
            }
        }

        Assert.True(edges > 100, $"Only {edges} uses were found: the reader of the assembly is broken.");
        Assert.True(upward.Count == 0, string.Join("\n", upward));
    }

    [Fact]
    public void Public_types_are_in_the_public_namespaces() =>
        Assert.All(s_library.GetExportedTypes(), type => Assert.Contains(type.Namespace, s_publicNamespaces));

    [Fact]
    public void Internal_types_are_in_the_namespace_of_their_folder()
    {
        IEnumerable<string> strays =
            from declared in DeclaredTypes()
            let type = s_library.GetTypes().FirstOrDefault(type => !type.IsNested && NameOf(type) == declared.Name)
            where type is not null && !type.IsPublic && type.Namespace != $"Backprop.Simd.Internal.{SourceTree.FolderOf(declared.Path)}"
            select $"{declared.Name} in {declared.Path}";
        Assert.Empty(strays);
    }

    [Fact]
    public void Every_type_is_found_in_the_sources()
    {
        HashSet<string> declared = [.. DeclaredTypes().Select(type => type.Name)];
        IEnumerable<Type> written = s_library.GetTypes()
            .Where(type => !type.IsNested && type.Namespace?.StartsWith("Backprop", StringComparison.Ordinal) == true)
            .Where(type => type.GetCustomAttribute<CompilerGeneratedAttribute>() is null);
        Assert.All(written, type => Assert.Contains(NameOf(type), declared));
    }

    [Fact]
    public void No_namespace_that_users_see_bears_the_name_of_a_public_type()
    {
        HashSet<string> types = [.. s_library.GetExportedTypes().Select(type => type.Name)];
        Assert.All(s_publicNamespaces, name => Assert.DoesNotContain(name[(name.LastIndexOf('.') + 1)..], types));
    }

    private static Dictionary<string, int> FloorsOfTypes()
    {
        // A partial type belongs to the highest of its files: each part may use what that floor may.
        var floors = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach ((string name, string path) in DeclaredTypes())
            floors[name] = Math.Max(floors.GetValueOrDefault(name), s_floors[SourceTree.FolderOf(path)]);
        return floors;
    }

    private static IEnumerable<(string Name, string Path)> DeclaredTypes() =>
        from file in SourceTree.LibraryFiles
        let scope = FileScope().Match(file.Code)
        where scope.Success
        from Match declaration in Declaration().Matches(file.Code)
        select ($"{scope.Groups[1].Value}.{declaration.Groups[1].Value}", file.Path);

    private static string NameOf(Type type) => $"{type.Namespace}.{type.Name.Split('`')[0]}";

    private static string OutermostName(TypeReference type)
    {
        TypeReference outermost = type;
        while (outermost.DeclaringType is not null)
            outermost = outermost.DeclaringType;
        return $"{outermost.Namespace}.{outermost.Name.Split('`')[0]}";
    }

    private static IEnumerable<TypeReference> UsedTypes(TypeDefinition type)
    {
        var found = new List<TypeReference?> { type.BaseType };
        found.AddRange(type.Interfaces.Select(implemented => implemented.InterfaceType));
        found.AddRange(type.Fields.Select(field => field.FieldType));
        found.AddRange(type.GenericParameters.SelectMany(parameter => parameter.Constraints).Select(constraint => constraint.ConstraintType));
        foreach (MethodDefinition method in type.Methods)
        {
            AddSignature(method, found);
            found.AddRange(method.GenericParameters.SelectMany(parameter => parameter.Constraints).Select(constraint => constraint.ConstraintType));
            if (!method.HasBody)
                continue;
            found.AddRange(method.Body.Variables.Select(variable => variable.VariableType));
            foreach (Instruction instruction in method.Body.Instructions)
                AddOperand(instruction.Operand, found);
        }

        return found.SelectMany(Parts);
    }

    private static void AddOperand(object? operand, List<TypeReference?> found)
    {
        switch (operand)
        {
            case TypeReference used:
                found.Add(used);
                break;
            case FieldReference field:
                found.Add(field.DeclaringType);
                found.Add(field.FieldType);
                break;
            case MethodReference method:
                found.Add(method.DeclaringType);
                AddSignature(method, found);
                if (method is GenericInstanceMethod generic)
                    found.AddRange(generic.GenericArguments);
                break;
            default:
                break;
        }
    }

    private static void AddSignature(MethodReference method, List<TypeReference?> found)
    {
        found.Add(method.ReturnType);
        found.AddRange(method.Parameters.Select(parameter => parameter.ParameterType));
    }

    // Pointers, arrays, references and generic instances are taken apart.
    private static IEnumerable<TypeReference> Parts(TypeReference? type)
    {
        switch (type)
        {
            case null or GenericParameter or FunctionPointerType:
                yield break;
            case GenericInstanceType generic:
                yield return generic.ElementType;
                foreach (TypeReference part in generic.GenericArguments.SelectMany(Parts))
                    yield return part;
                yield break;
            case TypeSpecification specification:
                foreach (TypeReference part in Parts(specification.ElementType))
                    yield return part;
                yield break;
            default:
                yield return type;
                yield break;
        }
    }

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex FileScope();

    [GeneratedRegex(@"^(?:(?:public|internal|sealed|static|abstract|partial|readonly|unsafe|ref) )*(?:class|struct|interface|enum|record struct|record class|record|delegate \w+) (\w+)", RegexOptions.Multiline)]
    private static partial Regex Declaration();
}
