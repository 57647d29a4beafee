package io.coppice.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coppice.failure.InvalidDataException;
import io.coppice.failure.UsageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BitmaskArchiveTest {
  private static final String SINGLE = "model.safetensors";

  @TempDir private Path folder;
  private final Configuration hadoop = new Configuration();

  @ParameterizedTest
  @CsvSource({"F32,1", "F16,1", "BF16,1", "F32,2", "F16,2", "BF16,2"})
  void unpackedItIsTheDenseCheckpoint(DataType type, int shards) throws IOException {
    Path dense = dense(folder.resolve("dense"), type, shards);
    Path archive = dense(folder.resolve("archive"), type, shards);
    pack(archive);
    assertThat(Checkpoint.open(RawFile.hadoop(archive), hadoop).names())
        .contains("a.compressed", "a.bitmask", "a.row_offsets", "a.shape", "norm.weight")
        .doesNotContain("a.weight", "b.weight");
    Path unpacked = folder.resolve("unpacked");

    unpack(archive, unpacked);

    // −0 has become 0, which the dense checkpoint then has too.
    for (Path file : List.of(dense, unpacked)) {
      clearNegativeZero(file, type);
    }
    assertThat(ModelOnDisk.contents(unpacked)).isEqualTo(ModelOnDisk.contents(dense));
  }

  /** The layout to the byte, from its description. */
  @Test
  void theLayoutIsThatOfSparseBitmask() throws IOException {
    Path archive = folder.resolve("archive");
    ModelOnDisk.text(archive, "config.json", "{\"x\":1}");
    float[] values = new float[20];
    values[1] = 1;
    values[9] = 2;
    values[10] = 3;
    values[12] = -0f;
    RawFile.write(
        archive.resolve(SINGLE),
        "{\"m.weight\":{\"dtype\":\"F32\",\"shape\":[2,10],\"data_offsets\":[0,80]}}",
        RawFile.floats(values));

    BitmaskArchive plan = archive(archive, List.of("m.weight"));
    plan.write(SINGLE);
    plan.replace();

    assertThat(bytes(archive, "m.shape")).isEqualTo(longs(2, 10));
    assertThat(bytes(archive, "m.row_offsets")).isEqualTo(longs(0, 2));
    assertThat(bytes(archive, "m.compressed")).isEqualTo(RawFile.floats(1, 2, 3));
    assertThat(bytes(archive, "m.bitmask")).isEqualTo(new byte[] {2, 2, 1, 0});
    assertThat(Files.readString(archive.resolve("config.json")))
        .isEqualTo(
            """
            {"x":1,
              "quantization_config": {"quant_method":"compressed-tensors","version":"0.14.0",\
            "sparsity_config":{"format":"sparse-bitmask","global_sparsity":0.85,\
            "sparsity_structure":"unstructured","targets":["Linear"],"ignore":["lm_head"]}}}""");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[2,10] | 0,2 | 3 | 2,2,1,4 | bits beyond the columns in row 1",
        "[2,10] | 0,1 | 3 | 2,2,1,0 | 1 as the offset of row 1, before which 2 bits are set",
        "[2,10] | 1,2 | 3 | 2,2,1,0 | 1 as the offset of row 0",
        "[2,10] | 0,2 | 4 | 2,2,1,0 | 4 elements, but only 3 bits are set",
        "[2,10] | 0,2 | 2 | 2,2,1,0 | 2 elements, but more bits are set",
        "[2,17] | 0,2 | 3 | 2,2,1,0 | where its shape asks for U8 [2, 3]",
        "[3,10] | 0,2 | 3 | 2,2,1,0 | where its shape asks for I64 [3]",
        "[-1,10] | 0,2 | 3 | 2,2,1,0 | a shape of -1 x 10",
        "[4611686018427387904,9223372036854775807] | 0,2 | 3 | 2,2,1,0 | shape asks for I64"
      })
  void whatIsBrokenIsRefused(
      String shape, String offsets, int elements, String mask, String sentence) {
    Path archive = folder.resolve("archive");
    ModelOnDisk.text(
        archive,
        "config.json",
        "{\"quantization_config\":{\"sparsity_config\":{\"format\":\"sparse-bitmask\"}}}");
    byte[] data =
        ByteBuffer.allocate(32 + 4 * elements + 4)
            .put(longs(numbers(shape.substring(1, shape.length() - 1))))
            .put(longs(numbers(offsets)))
            .put(RawFile.floats(new float[elements]))
            .put(octets(numbers(mask)))
            .array();
    int end = 32 + 4 * elements;
    RawFile.write(
        archive.resolve(SINGLE),
        """
        {"m.shape":{"dtype":"I64","shape":[2],"data_offsets":[0,16]},\
        "m.row_offsets":{"dtype":"I64","shape":[2],"data_offsets":[16,32]},\
        "m.compressed":{"dtype":"F32","shape":[%d],"data_offsets":[32,%d]},\
        "m.bitmask":{"dtype":"U8","shape":[2,2],"data_offsets":[%d,%d]}}"""
            .formatted(elements, end, end, end + 4),
        data);

    assertThatThrownBy(() -> unpack(archive, folder.resolve("unpacked")))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining(sentence);
    assertThat(folder.resolve("unpacked").resolve(SINGLE)).doesNotExist();
  }

  /** Neither sentence may speak of the unfinished folder, which nobody can look into. */
  @Test
  void whatIsKeptOfAnotherCheckpointIsRefused() throws IOException {
    Path archive = dense(folder.resolve("archive"), DataType.F32, 2);
    pack(archive);
    Path index = archive.resolve("coppice").resolve("dense.safetensors.index.json");
    Files.writeString(index, "{\"weight_map\": {\"a\": \"../b.safetensors\"}}");
    assertThatThrownBy(() -> unpack(archive, folder.resolve("unpacked")))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining(index + " is not the index of this archive's dense checkpoint")
        .hasMessageNotContaining("unpacked");

    Files.delete(index);
    Path first = archive.resolve(ModelOnDisk.FIRST);
    String content = Files.readString(first, StandardCharsets.ISO_8859_1);
    String broken = content.replace("\"coppice_dense_header\":\"{", "\"coppice_dense_header\":\"}");
    assertThat(broken).isNotEqualTo(content);
    Files.writeString(first, broken, StandardCharsets.ISO_8859_1);
    assertThatThrownBy(() -> unpack(archive, folder.resolve("again")))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageEndingWith(
            first
                + " keeps the header of a dense file with other tensors; get a sound copy of the archive");
  }

  @Test
  void whatIsNoArchiveIsRefused() {
    Path plain = ModelOnDisk.single(folder.resolve("plain"));
    assertThatThrownBy(() -> unpack(plain, folder.resolve("unpacked")))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("is no sparse-bitmask archive");
  }

  @Test
  void aWeightOfAnArchiveSaysHowToReadIt() {
    Path archive = dense(folder.resolve("archive"), DataType.F32, 1);
    pack(archive);
    Checkpoint opened = Checkpoint.open(RawFile.hadoop(archive), hadoop);
    assertThatThrownBy(() -> Quantization.requireFloat(opened, "a.weight"))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("is a sparse-bitmask archive")
        .hasMessageContaining("coppice unpack --model");
  }

  @ParameterizedTest
  @CsvSource({"1", "2"})
  void masksAreOneWhereAWeightIsNotZero(int shards) {
    Path sparse = dense(folder.resolve("sparse"), DataType.BF16, shards);
    MaskFiles masks =
        MaskFiles.plan(
            Checkpoint.open(RawFile.hadoop(sparse), hadoop),
            List.of("a.weight", "b.weight"),
            RawFile.hadoop(folder.resolve("masks")),
            hadoop);
    masks.shards().forEach(ModelOnDisk.sent(masks).using(hadoop)::write);
    masks.writeIndex();

    assertThat(Files.exists(folder.resolve("masks/mask.safetensors.index.json")))
        .isEqualTo(shards > 1);
    String file = shards > 1 ? "mask-00001-of-00002.safetensors" : "mask.safetensors";
    try (SafetensorsFile mask =
            SafetensorsFile.open(RawFile.hadoop(folder.resolve("masks").resolve(file)), hadoop);
        WeightsFile weights =
            Checkpoint.open(RawFile.hadoop(sparse), hadoop)
                .openShard(shards > 1 ? ModelOnDisk.FIRST : SINGLE)) {
      TensorEntry entry = mask.entry("a.weight");
      assertThat(entry.spec()).isEqualTo(weights.entry("a.weight").as(DataType.BOOL));
      byte[] kept = new byte[(int) entry.size()];
      mask.readBytes(entry, 0, kept, kept.length);
      byte[] values = new byte[2 * kept.length];
      weights.readBytes(weights.entry("a.weight"), 0, values, values.length);
      for (int i = 0; i < kept.length; i++) {
        boolean zero = values[2 * i] == 0 && (values[2 * i + 1] & 0x7f) == 0;
        assertThat(kept[i]).isEqualTo((byte) (zero ? 0 : 1));
      }
      assertThat(kept).contains((byte) 0, (byte) 1);
    }
  }

  private void pack(Path archive) {
    BitmaskArchive plan = archive(archive, List.of("a.weight", "b.weight"));
    BitmaskArchive sent = ModelOnDisk.sent(plan).using(hadoop);
    plan.shards().forEach(sent::write);
    // As a task that is tried again.
    plan.shards().forEach(sent::write);
    plan.replace();
    ModelOnDisk.text(archive.resolve("coppice"), "_SUCCESS", "");
  }

  private BitmaskArchive archive(Path archive, List<String> pruned) {
    return BitmaskArchive.plan(
        Checkpoint.open(RawFile.hadoop(archive), hadoop), pruned, "unstructured", hadoop);
  }

  private void unpack(Path archive, Path target) {
    BitmaskUnpacking unpacking =
        new BitmaskUnpacking(
            Checkpoint.open(RawFile.hadoop(archive), hadoop), RawFile.hadoop(target), hadoop);
    unpacking.shards().forEach(unpacking::write);
    unpacking.copyOtherFiles();
    try {
      Files.deleteIfExists(target.resolve("coppice"));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Two weights of 5 × 11 with half zeros and a −0, and a norm, with headers of others' making. */
  private static Path dense(Path folder, DataType type, int shards) {
    ModelOnDisk.text(folder, "config.json", "{\"vocab_size\": 7 ,\n\t\"x\": [1 ,2]}\n");
    ModelOnDisk.text(folder, "README.md", "text");
    if (shards == 1) {
      file(folder.resolve(SINGLE), type, "b", "a", "norm");
    } else {
      file(folder.resolve(ModelOnDisk.FIRST), type, "norm", "a");
      file(folder.resolve(ModelOnDisk.SECOND), type, "b");
      ModelOnDisk.index(
          folder,
          Map.of(
              "a.weight", ModelOnDisk.FIRST,
              "norm.weight", ModelOnDisk.FIRST,
              "b.weight", ModelOnDisk.SECOND));
    }
    return folder;
  }

  private static void file(Path file, DataType type, String... names) {
    int bytes = type.bits() / Byte.SIZE;
    StringBuilder header = new StringBuilder("{ \"__metadata__\": {\"format\": \"pt\"}");
    byte[] data = new byte[names.length * 55 * bytes];
    Random random = new Random(names.length);
    for (int n = 0; n < names.length; n++) {
      int begin = n * 55 * bytes;
      header.append(
          ", \"%s.weight\": {\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d, %d]}"
              .formatted(
                  names[n],
                  type,
                  names[n].equals("norm") ? "[55]" : "[5,11]",
                  begin,
                  begin + 55 * bytes));
      for (int i = 0; i < 55; i++) {
        if (random.nextBoolean()) {
          byte[] value = new byte[bytes];
          random.nextBytes(value);
          value[bytes - 1] &= (byte) 0xb7;
          System.arraycopy(value, 0, data, begin + i * bytes, bytes);
        }
      }
      Arrays.fill(data, begin, begin + bytes, (byte) 0);
      data[begin + bytes - 1] = (byte) 0x80;
    }
    RawFile.write(file, header.append("}      ").toString(), data);
  }

  private static void clearNegativeZero(Path folder, DataType type) throws IOException {
    int bytes = type.bits() / Byte.SIZE;
    try (var files = Files.list(folder)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".safetensors")).toList()) {
        byte[] all = Files.readAllBytes(file);
        int data = 8 + (int) ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN).getLong();
        for (int begin = data; begin < all.length; begin += 55 * bytes) {
          all[begin + bytes - 1] &= 0x7f;
        }
        Files.write(file, all);
      }
    }
  }

  private byte[] bytes(Path archive, String name) {
    try (SafetensorsFile file =
        SafetensorsFile.open(RawFile.hadoop(archive.resolve(SINGLE)), hadoop)) {
      TensorEntry entry = file.entry(name);
      byte[] bytes = new byte[(int) entry.bytes()];
      file.readBytes(entry, 0, bytes, bytes.length);
      return bytes;
    }
  }

  private static long[] numbers(String text) {
    return List.of(text.strip().split(",")).stream().mapToLong(Long::parseLong).toArray();
  }

  private static byte[] longs(long... values) {
    ByteBuffer bytes = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asLongBuffer().put(values);
    return bytes.array();
  }

  private static byte[] octets(long... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }
}
