package io.coppice.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** The cases of golden.json, which make_golden.py writes with PyTorch. */
public record Golden(JsonNode values) {

  public static List<Golden> cases(String kernel) {
    try (InputStream in = Golden.class.getResourceAsStream("/kernel/golden.json")) {
      List<Golden> cases = new ArrayList<>();
      new ObjectMapper().readTree(in).required(kernel).forEach(node -> cases.add(new Golden(node)));
      assertThat(cases).isNotEmpty();
      return cases;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public int integer(String name) {
    return values.required(name).intValue();
  }

  public double number(String name) {
    return values.required(name).doubleValue();
  }

  public int[] integers(String name) {
    JsonNode list = values.required(name);
    int[] result = new int[list.size()];
    for (int i = 0; i < result.length; i++) {
      result[i] = list.get(i).intValue();
    }
    return result;
  }

  public Tensor tensor(String name, Arena arena) {
    return tensor(values.required(name), arena);
  }

  public List<Tensor> tensors(String name, Arena arena) {
    List<Tensor> result = new ArrayList<>();
    values.required(name).forEach(node -> result.add(tensor(node, arena)));
    return result;
  }

  /** A zeroed tensor of the shape of {@code name}. */
  public Tensor zeroLike(String name, Arena arena) {
    JsonNode shape = values.required(name).required("shape");
    return arena.tensor(shape.get(0).intValue(), shape.get(1).intValue());
  }

  private static Tensor tensor(JsonNode node, Arena arena) {
    JsonNode shape = node.required("shape");
    JsonNode list = node.required("values");
    float[] values = new float[list.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = list.get(i).floatValue();
    }
    Tensor tensor = arena.tensor(shape.get(0).intValue(), shape.get(1).intValue());
    tensor.fill(values);
    return tensor;
  }
}
