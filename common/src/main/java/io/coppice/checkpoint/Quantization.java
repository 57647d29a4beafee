package io.coppice.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.coppice.failure.InvalidDataException;
import io.coppice.failure.Words;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The traces, in a checkpoint of plain floats, of a quantization that its weights do not have: keys
 * of {@code config.json}, scales and zero points beside the weights, files. Readers would take the
 * weights for quantized ones, so a pruned model is written without them.
 *
 * @param keys of {@code config.json}, with all their content
 * @param tensors names of scales, zero points and packed copies
 * @param files that only describe a quantization
 */
public record Quantization(Set<String> keys, Set<String> tensors, Set<String> files)
    implements Serializable {
  private static final String KEY = "quantization_config";
  private static final List<String> KEYS = List.of(KEY, "compression_config", "sparsity_config");
  private static final List<String> FILES =
      List.of("quantize_config.json", "quant_config.json", "hf_quant_config.json");

  /** The names by GPTQ, AWQ, bitsandbytes, compressed-tensors, ModelOpt and 8-bit floats. */
  private static final Pattern TENSOR =
      Pattern.compile(
          ".+\\.(weight_(scale(_inv|_2)?|global_scale|zero_point|shape|packed|g_idx|format)"
              + "|(input|output)_(scale|global_scale|zero_point)|(q|k|v|prob|kv)_scale"
              + "|scales|qzeros|qweight|g_idx|SCB|(weight\\.)?(nested_)?(absmax|quant_map)"
              + "|(weight\\.)?quant_state\\..+)");

  private static final int MOST_NAMES = 3;

  public Quantization {
    // In alphabetical order, in messages too.
    keys = Collections.unmodifiableSet(new TreeSet<>(keys));
    tensors = Collections.unmodifiableSet(new TreeSet<>(tensors));
    files = Collections.unmodifiableSet(new TreeSet<>(files));
  }

  /**
   * Finds the traces by names alone; {@link #requireFloat} checks that the weights are plain
   * floats.
   */
  public static Quantization in(Checkpoint checkpoint, Collection<String> files) {
    return new Quantization(
        Set.copyOf(KEYS.stream().filter(checkpoint.config()::hasNonNull).toList()),
        Set.copyOf(
            checkpoint.names().stream().filter(name -> TENSOR.matcher(name).matches()).toList()),
        Set.copyOf(FILES.stream().filter(files::contains).toList()));
  }

  /** Whether there is nothing to leave out. */
  public boolean isEmpty() {
    return keys.isEmpty() && tensors.isEmpty() && files.isEmpty();
  }

  /** A configuration without the keys. */
  JsonNode strip(JsonNode config) {
    ObjectNode stripped = config.deepCopy();
    return stripped.remove(keys);
  }

  /** The sentence that names all that is left out; empty where nothing is. */
  public Optional<String> sentence() {
    if (isEmpty()) {
      return Optional.empty();
    }
    List<String> what = new ArrayList<>();
    keys.forEach(key -> what.add(key + " of config.json"));
    if (!tensors.isEmpty()) {
      what.add(
          "%s %s"
              .formatted(
                  tensors.size() == 1
                      ? "the tensor"
                      : "%d tensors such as".formatted(tensors.size()),
                  Words.line(tensors.iterator().next())));
    }
    what.addAll(files);
    return Optional.of(
        ("The weights are plain floats, but there is what belongs to quantized ones: %s; it is not"
                + " used, and a pruned model is written without it")
            .formatted(String.join(", ", what)));
  }

  /**
   * Refuses a weight that is quantized or packed.
   *
   * @throws InvalidDataException if a tensor is missing, or its elements are not floats that can be
   *     read
   */
  public static TensorEntry requireFloat(Checkpoint checkpoint, String name) {
    if (!checkpoint.contains(name)) {
      List<String> instead = packed(checkpoint, name);
      if (!instead.isEmpty()) {
        throw refusal(
            checkpoint,
            "has %s instead of %s".formatted(String.join(", ", instead), Words.quote(name)));
      }
    }
    TensorEntry entry = checkpoint.entry(name);
    if (!entry.type().isFloat32Convertible()) {
      throw refusal(checkpoint, "has %s in %s".formatted(Words.quote(name), entry.type()));
    }
    return entry;
  }

  /** Some tensors in place of a weight, such as {@code …up_proj.qweight}. */
  private static List<String> packed(Checkpoint checkpoint, String name) {
    String module = name.substring(0, name.lastIndexOf('.') + 1);
    Stream<String> others = checkpoint.names().stream().filter(other -> other.startsWith(module));
    return module.isEmpty()
        ? List.of()
        : others
            .filter(other -> TENSOR.matcher(other).matches() || isSparse(other))
            .limit(MOST_NAMES)
            .map(Words::quote)
            .toList();
  }

  private static boolean isSparse(String name) {
    return name.endsWith(".bitmask") || name.endsWith(".compressed");
  }

  private static InvalidDataException refusal(Checkpoint checkpoint, String what) {
    if (BitmaskUnpacking.isArchive(checkpoint.config())) {
      return new InvalidDataException(
          ("The model in %s is a sparse-bitmask archive, which is not read as it is; give the folder"
                  + " that coppice unpack --model %s --output FOLDER makes of it")
              .formatted(checkpoint.folder(), checkpoint.folder()));
    }
    JsonNode method = checkpoint.config().path(KEY).path("quant_method");
    return new InvalidDataException(
        ("The model in %s %s: it is quantized%s, but only F32, F16 and BF16 weights can be read;"
                + " use a checkpoint that is not quantized")
            .formatted(
                checkpoint.folder(),
                what,
                method.isTextual() ? " (" + Words.line(method.textValue()) + ")" : ""));
  }
}
