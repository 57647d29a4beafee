package io.coppice.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coppice.failure.InvalidDataException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A file that is not a plain file of tensors is refused in a sentence, and nothing in it is run.
 */
class TorchRefusalTest {
  private static final String REMEDY =
      "if you trust it, convert the model to safetensors (transformers: save_pretrained)";

  private final Configuration hadoop = new Configuration();
  @TempDir private Path folder;
  private Path file;

  @BeforeEach
  void configuration() {
    ModelOnDisk.text(folder, "config.json", "{}");
    file = folder.resolve("pytorch_model.bin");
  }

  @Test
  void otherFilesOfThatNameAreToldApart() throws IOException {
    refused(
        "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"
            .getBytes(StandardCharsets.UTF_8),
        "is a Git LFS pointer instead of the file itself; fetch it with 'git lfs pull'");
    byte[] old = {(byte) 0x80, 2, (byte) 0x8a, 10, 'l', (byte) 0xfc, (byte) 0x9c, 'F', (byte) 0xf9};
    refused(
        old,
        "is in the format that PyTorch wrote before version 1.6, which is not read; " + REMEDY);
    byte[] tar = new byte[1024];
    System.arraycopy("ustar".getBytes(StandardCharsets.UTF_8), 0, tar, 257, 5);
    refused(tar, "wrote before version 1.6, which is not read; " + REMEDY);
    refused("{}".getBytes(StandardCharsets.UTF_8), "is not a zip archive; fetch or convert");
    refused(new byte[0], "is not a zip archive");
    refused(
        sound().entry("constants.pkl", ""),
        "is a TorchScript program, which is not read; " + REMEDY);
    refused(sound().archive("a/b"), "must hold one folder with a data.pkl");
  }

  @Test
  void archivesThatTorchDoesNotWriteAreRefused() throws IOException {
    refused(sound().compressed(), "compressed or encrypted, which torch.save never does");
    refused(sound().entry("byteorder", "big"), "its byte order is 'big', but only little is read");
    refused(sound().entry("version", "11"), "has the format version '11', but 1 to 10 are known");
    refused(sound().without("version"), "has the format version 'missing'");
    byte[] whole = Files.readAllBytes(sound().write(file));
    refused(
        Arrays.copyOf(whole, whole.length - 30),
        "is not a complete zip archive; it is truncated or damaged, copy it again");
  }

  @ParameterizedTest
  @CsvSource({
    "posix, system",
    "builtins, eval",
    "__builtin__, getattr",
    "torch, load",
    "torch.serialization, _load",
    "torch, QInt8Storage",
    "torch._utils, _rebuild_tensor_v3",
    "torch._utils, _rebuild_tensor_v2.__globals__",
    "transformers.models.opt.modeling_opt, OPTForCausalLM"
  })
  void otherGlobalsAreRefusedByName(String module, String name) {
    PickleWriter pickle = new PickleWriter().global(module, name).raw('(').text("true");
    refused(
        sound().pickle(pickle.raw('t', 'R').finished()),
        "asks for '%s.%s', which holding tensors does not need, and nothing of it was run; "
                .formatted(module, name)
            + REMEDY);
  }

  /** Instructions that create or call classes in other ways, or that state dicts never need. */
  @ParameterizedTest
  @CsvSource({"i", "o", "P", "S", "V", "I", "L", "F", "0", "1", "2", "d", "l", "p", "g", "B", "U"})
  void otherInstructionsAreRefused(char instruction) {
    refused(
        sound().pickle(new PickleWriter().raw(instruction).finished()),
        "has the pickle instruction 0x%02x, which describing".formatted((int) instruction));
  }

  @Test
  void callsThatDescribeNoTensorAreRefused() {
    refused(
        pickle(new PickleWriter().global("torch", "FloatStorage").raw(')', 'R')),
        "has a tensor that is not described as torch.save does");
    refused(pickle(new PickleWriter().text("a").raw(')', 'R')), "not described as torch.save");
    refused(
        pickle(new PickleWriter().global("collections", "OrderedDict").tuple(1).raw('R')),
        "not described as torch.save does");
    refused(pickle(new PickleWriter().text("a").raw('Q')), "has a strange storage");
    refused(
        pickle(new PickleWriter().text("a").raw('}', 'b')),
        "sets the state of something that is not a dictionary");
    refused(pickle(new PickleWriter().raw('}', 'N', 'b')), "sets the state");
    refused(pickle(new PickleWriter().raw('}').whole(1).whole(1).raw('s')), "keys are not names");
    refused(
        pickle(new PickleWriter().raw('}', '(').text("a").raw('N').text("a").raw('N', 'u')),
        "has 'a' twice");
  }

  @Test
  void brokenPicklesAreRefused() {
    refused(sound().pickle(new byte[] {(byte) 0x80, 4, '.'}), "is not a pickle of protocol 2");
    refused(sound().pickle(new byte[] {(byte) 0x80, 2}), "its data.pkl ends too early");
    refused(pickle(new PickleWriter()), "does not end with one value");
    refused(pickle(new PickleWriter().raw('N', 'N')), "does not end with one value");
    refused(pickle(new PickleWriter().raw('N', '(')), "does not end with one value");
    refused(pickle(new PickleWriter().raw('N', '(', 0x85)), "without its operands");
    refused(pickle(new PickleWriter().raw('t')), "without its beginning");
    refused(pickle(new PickleWriter().raw('h', 9)), "refers to a value that it does not have");
    refused(
        pickle(new PickleWriter().raw('X', 255, 255, 255, 127)), "a text of more than 65536 bytes");
    refused(pickle(new PickleWriter().raw('X', 255, 0, 0, 0)), "ends too early");
    refused(pickle(new PickleWriter().raw('X', 1, 0, 0, 0, 255)), "a text not in UTF-8");
    refused(pickle(new PickleWriter().raw(0x8a, 9)), "a number of more than 64 bits");
  }

  @Test
  void filesThatWouldTakeAllMemoryAreRefused() {
    int[] marks = new int[2000];
    Arrays.fill(marks, '(');
    refused(pickle(new PickleWriter().raw(marks)), "is nested too deeply");
    int[] values = new int[2_000_000];
    Arrays.fill(values, '}');
    refused(pickle(new PickleWriter().raw(values)), "has more values than any model");
    // Each goes into a list, so that the stack stays short.
    int[] kept = new int[6_000_000];
    Arrays.setAll(kept, i -> i % 2 == 0 ? ']' : 'a');
    kept[1] = ']';
    refused(pickle(new PickleWriter().raw(kept)), "has more values than any model");
    refused(
        sound().pickle(new byte[PickleReader.LONGEST + 1]),
        "has a data.pkl of 16777217 bytes, but it may have at most 16777216");
  }

  @Test
  void filesWithoutAStateDictAreRefusedByName() {
    refused(pickle(new PickleWriter().raw('N')), "a value that is not a tensor instead of tensors");
    refused(pickle(new PickleWriter().raw(']')), "holds a list instead of tensors by name");
    refused(
        pickle(new PickleWriter().raw('}').text("epoch").whole(3).raw('s')),
        "holds a number under 'epoch', where a tensor must be; " + REMEDY);
    PickleWriter nested = new PickleWriter().raw('}', '(').text("epoch").whole(3);
    refused(
        pickle(nested.text("state_dict").emptyOrderedDict().raw('u')),
        "has a dictionary of its own under 'state_dict', as training scripts save it",
        "save the model's state_dict() alone, or " + REMEDY);
  }

  @Test
  void tensorsThatDoNotFitTheirStorageAreRefused() {
    refused(view(1, longs(2, 3), longs(3, 1)), "do not fit into the 6 elements of its storage");
    refused(view(0, longs(2, 2), longs(4, 2)), "do not fit");
    refused(view(7, longs(0), longs(1)), "do not fit");
    refused(view(0, longs(7), longs(0)), "do not fit");
    refused(view(0, longs(Long.MAX_VALUE, 3), longs(1, 1)), "do not fit");
    refused(view(0, longs(2), longs(Long.MAX_VALUE)), "do not fit");
    refused(view(-1, longs(2), longs(1)), "not described as torch.save does");
    refused(view(0, longs(-2, 2), longs(1, 1)), "not described as torch.save does");
    refused(view(0, longs(2), longs(1, 1)), "not described as torch.save does");
    refused(
        new TorchWriter().storage("FloatStorage", 6, new byte[23]).tensor("w", 2, 3),
        "tensor 'w' has its elements in a part of 23 bytes, but 6 elements of F32 are announced");
    refused(
        new TorchWriter()
            .storage("FloatStorage", Long.MAX_VALUE / 2 + 7, new byte[24])
            .tensor("w", 2, 3),
        "elements of F32 are announced");
    byte[] pickle = new TorchWriter().range(6).tensor("w", 6).statePickle();
    refused(new TorchWriter().pickle(pickle), "has its elements in a part that is missing");
    refused(sound().tensor("__metadata__", 2, 3), "has a name that safetensors files have another");
  }

  @Test
  void aSmallFileCannotBecomeAHugeOne() {
    TorchWriter torch = new TorchWriter().range(1 << 16);
    for (int i = 0; i < 40; i++) {
      torch.tensor("w" + i, 1 << 16);
    }
    refused(torch, "describes tensors of more than 16 times its own");
    int wide = (16 << 20) / 4 + 1;
    refused(
        new TorchWriter().range(2 * wide).view("w", 0, longs(2, wide), longs(1, 2)),
        "has rows of 4194305 elements that do not lie one after the other; " + REMEDY);
  }

  private static TorchWriter sound() {
    return new TorchWriter().range(6).tensor("w", 2, 3);
  }

  private static TorchWriter pickle(PickleWriter pickle) {
    return sound().pickle(pickle.finished());
  }

  private static TorchWriter view(long offset, long[] shape, long[] strides) {
    return new TorchWriter().range(6).view("w", offset, shape, strides);
  }

  private static long[] longs(long... numbers) {
    return numbers;
  }

  private void refused(byte[] content, String... fragments) throws IOException {
    Files.write(file, content);
    refused(fragments);
  }

  private void refused(TorchWriter torch, String... fragments) {
    torch.write(file);
    refused(fragments);
  }

  private void refused(String... fragments) {
    assertThatThrownBy(() -> Checkpoint.open(RawFile.hadoop(folder), hadoop))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContainingAll(fragments)
        .hasMessageContaining(file.toString())
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("Exception", "\n"));
  }
}
