package io.coppice.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coppice.failure.InvalidDataException;
import io.coppice.failure.UsageException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WindowSampleTest {
  /** Id 1, then one id per character. */
  private static final TextEncoder CHARACTERS =
      text -> IntStream.concat(IntStream.of(1), text.chars()).toArray();

  /** Every character of a document identifies the document. */
  private static List<String> documents(int count, int longest) {
    Random random = new Random(count);
    return IntStream.range(0, count)
        .mapToObj(i -> String.valueOf((char) (1000 + i)).repeat(1 + random.nextInt(longest)))
        .toList();
  }

  private static WindowSample sample(WindowRequest request, List<String> documents) {
    WindowSample sample = new WindowSample(request);
    documents.forEach(document -> sample.add(document, CHARACTERS));
    return sample;
  }

  @ParameterizedTest
  @CsvSource({"5, 2, 8, 0", "5, 0, 8, 1", "1, 1, 30, 2", "40, 10, 8, 3"})
  void oneWindowOfEachLongDocumentInTheOrderOfTheirKeys(int n, int m, int length, long seed)
      throws Exception {
    List<String> documents = documents(200, 40);
    CalibrationWindows windows =
        sample(new WindowRequest(n, m, length, seed, WindowRequest.Cut.ANYWHERE), documents)
            .windows("text");

    // The plain rule: sort every long document by its key, take the first n, then the next m.
    List<int[]> expected = new ArrayList<>();
    List<String> sorted = new ArrayList<>(documents);
    sorted.sort(Comparator.comparing(document -> key(seed, document)));
    for (String document : sorted) {
      int[] ids = CHARACTERS.encode(document);
      if (ids.length > length && expected.size() < n + m) {
        byte[] digest = digest(seed, document);
        BigInteger draw = new BigInteger(1, Arrays.copyOfRange(digest, 24, 32));
        int start = draw.mod(BigInteger.valueOf(ids.length - length)).intValueExact();
        expected.add(Arrays.copyOfRange(ids, start, start + length));
      }
    }
    assertThat(windows.all()).isDeepEqualTo(expected.toArray(int[][]::new));
    assertThat(windows.calibration()).hasDimensions(n, length);
    assertThat(windows.heldOut().length).isEqualTo(m);
    assertThat(windows.sequenceLength()).isEqualTo(length);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void orderAndPartitionsDoNotMatter(boolean pack) {
    WindowRequest request = new WindowRequest(9, 3, 16, 5, cut(pack));
    List<String> documents = new ArrayList<>(documents(300, 60));
    CalibrationWindows expected = sample(request, documents).windows("text");
    for (int parts : new int[] {1, 2, 7, 300}) {
      Collections.shuffle(documents, new Random(parts));
      WindowSample merged = new WindowSample(request);
      for (int part = 0; part < parts; part++) {
        int begin = part * documents.size() / parts;
        int end = (part + 1) * documents.size() / parts;
        byte[] bytes = sample(request, documents.subList(begin, end)).toBytes();
        merged.merge(WindowSample.read(request, bytes));
      }
      assertThat(merged.windows("text")).isEqualTo(expected);
      assertThat(merged.windows("text").fingerprint()).isEqualTo(expected.fingerprint());
    }
    WindowRequest other = new WindowRequest(9, 3, 16, 6, cut(pack));
    assertThat(sample(other, documents).windows("text").fingerprint())
        .isNotEqualTo(expected.fingerprint());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void heldOutWindowsAreOfOtherDocuments(boolean pack) {
    WindowRequest request = new WindowRequest(10, 10, 12, 0, cut(pack));
    CalibrationWindows windows = sample(request, documents(200, 40)).windows("text");
    Set<Integer> calibrated = characters(windows.calibration());
    Set<Integer> heldOut = characters(windows.heldOut());
    calibrated.remove(1);
    assertThat(heldOut).isNotEmpty().doesNotContainAnyElementsOf(calibrated);
  }

  @Test
  void heldOutWindowsAreAsManyAsTheTextHoldsWhereFewerWillDo() {
    List<String> documents = documents(20, 20);
    WindowRequest all =
        new WindowRequest(8, 10, 8, 0, WindowRequest.Cut.ANYWHERE).withHeldOutAtLeast(2);
    CalibrationWindows windows = sample(all, documents).windows("text");
    assertThat(windows.calibration()).hasDimensions(8, 8);
    assertThat(windows.heldOut()).hasDimensions(4, 8);
    assertThat(
            sample(new WindowRequest(8, 4, 8, 0, WindowRequest.Cut.ANYWHERE), documents)
                .windows("text"))
        .isEqualTo(windows);
    WindowRequest tooMany =
        new WindowRequest(8, 10, 8, 0, WindowRequest.Cut.ANYWHERE).withHeldOutAtLeast(5);
    assertThatThrownBy(() -> sample(tooMany, documents).windows("text"))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("13 windows");
  }

  @Test
  void equalDocumentsCountOnce() {
    WindowRequest request = new WindowRequest(4, 2, 8, 0, WindowRequest.Cut.ANYWHERE);
    List<String> documents = documents(60, 20);
    List<String> twice = new ArrayList<>(documents);
    twice.addAll(documents);
    assertThat(sample(request, twice).windows("text"))
        .isEqualTo(sample(request, documents).windows("text"));
  }

  @Test
  void lateDocumentsAreNotTokenized() {
    WindowSample sample =
        new WindowSample(new WindowRequest(4, 0, 8, 0, WindowRequest.Cut.ANYWHERE));
    int[] calls = new int[1];
    for (String document : documents(5000, 40)) {
      sample.add(
          document,
          text -> {
            calls[0]++;
            return CHARACTERS.encode(text);
          });
    }
    assertThat(calls[0]).isBetween(5, 500);
  }

  @Test
  void packedDocumentsFormOneStreamWithTheirSpecialTokens() {
    WindowRequest request = new WindowRequest(3, 1, 10, 0, WindowRequest.Cut.PACKED);
    List<String> documents =
        List.of("aaa", "bbbb", "ccccc", "dddddd", "eeeeeee", "ffffffff", "ggg", "hhhh", "iiiii");
    CalibrationWindows windows = sample(request, documents).windows("text");
    List<String> sorted = new ArrayList<>(documents);
    sorted.sort(Comparator.comparing(document -> key(0, document)));
    List<Integer> stream = new ArrayList<>();
    int used = 0;
    while (stream.size() < 30) {
      IntStream.of(CHARACTERS.encode(sorted.get(used++))).forEach(stream::add);
    }
    int[] flat = Arrays.stream(windows.calibration()).flatMapToInt(Arrays::stream).toArray();
    assertThat(flat).containsExactly(stream.subList(0, 30).toArray(Integer[]::new));
    // The held-out stream begins with a document of its own.
    assertThat(windows.heldOut()[0][0]).isEqualTo(1);
    assertThat(windows.heldOut()[0][1]).isEqualTo(sorted.get(used).charAt(0));
  }

  @Test
  void oneLongDocumentIsPackedFromPiecesThatDoNotOverlap() {
    String document =
        IntStream.range(0, 95)
            .collect(
                StringBuilder::new,
                (text, i) -> text.append((char) (100 + i)),
                StringBuilder::append)
            .toString();
    WindowRequest request = new WindowRequest(6, 2, 10, 3, WindowRequest.Cut.PACKED);
    CalibrationWindows windows = sample(request, List.of(document)).windows("text");
    assertThat(characters(windows.all())).hasSize(80);
    assertThatThrownBy(
            () ->
                sample(new WindowRequest(9, 2, 10, 3, WindowRequest.Cut.PACKED), List.of(document))
                    .windows("one"))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("11 windows of 10 tokens")
        .hasMessageContaining("the 1 documents of one fill fewer, with 96 tokens");
  }

  @Test
  void tooFewLongDocumentsAreReportedWithNumbersAndRemedies() {
    List<String> documents = List.of("x".repeat(8), "y".repeat(9), "short", "", "y".repeat(9));
    WindowSample sample =
        sample(new WindowRequest(2, 1, 8, 0, WindowRequest.Cut.ANYWHERE), documents);
    assertThatThrownBy(() -> sample.windows("stories.jsonl"))
        .isInstanceOf(InvalidDataException.class)
        .hasMessage(
            "3 windows of 8 tokens are wanted (2 to calibrate, 1 held out), but of the 4 documents"
                + " of stories.jsonl only 2 different ones are longer than that: give more text,"
                + " lower --samples or --sequence-length, or join short documents with --pack.");
  }

  @Test
  void noTextIsReported() {
    WindowSample sample =
        sample(new WindowRequest(2, 1, 8, 0, WindowRequest.Cut.ANYWHERE), List.of("", " \n"));
    assertThatThrownBy(() -> sample.windows("empty.txt"))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("no text in empty.txt");
  }

  @Test
  void requestsAreChecked() {
    assertRefused(0, 1, 8, "--samples");
    assertRefused(8, -1, 8, "held-out");
    assertRefused(8, 1, 1, "--sequence-length");
    assertRefused(1 << 20, 0, 1 << 12, "2^28");
  }

  private static void assertRefused(int samples, int heldOut, int length, String message) {
    assertThatThrownBy(
            () -> new WindowRequest(samples, heldOut, length, 0, WindowRequest.Cut.ANYWHERE))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(message);
  }

  private static Set<Integer> characters(int[][] windows) {
    Set<Integer> characters = new HashSet<>();
    for (int[] window : windows) {
      Arrays.stream(window).forEach(characters::add);
    }
    return characters;
  }

  private static BigInteger key(long seed, String document) {
    return new BigInteger(1, digest(seed, document));
  }

  private static byte[] digest(long seed, String document) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(ByteBuffer.allocate(8).putLong(seed).array());
      return digest.digest(document.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void selfGeneratedWindowsStandBetweenAndCount() {
    CalibrationWindows given =
        new CalibrationWindows(new int[][] {{1, 2}, {3, 4}}, new int[][] {{5, 6}});
    CalibrationWindows all = given.withSelfGenerated(new int[][] {{7, 8}});

    assertThat(given.training()).isEqualTo(2);
    assertThat(all.training()).isEqualTo(3);
    assertThat(all.all()).isDeepEqualTo(new int[][] {{1, 2}, {3, 4}, {7, 8}, {5, 6}});
    assertThat(all.fingerprint()).isNotEqualTo(given.fingerprint());
    assertThat(all).isNotEqualTo(given).isEqualTo(given.withSelfGenerated(new int[][] {{7, 8}}));
    assertThat(given.withSelfGenerated(new int[0][]).fingerprint()).isEqualTo(given.fingerprint());
  }

  private static WindowRequest.Cut cut(boolean pack) {
    return pack ? WindowRequest.Cut.PACKED : WindowRequest.Cut.ANYWHERE;
  }
}
