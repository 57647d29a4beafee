package io.coppice.demo;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Makes the demo's texts from novels as plain text files (the shipped ones: the six of Jane Austen,
 * in the public domain).
 *
 * <ul>
 *   <li>Only chapters are kept: everything before the first chapter heading, headings, ornaments
 *       and everything after a novel's closing words are left out. Hard line breaks within a
 *       paragraph are undone, emphasis and footnote marks ({@code _so_}, {@code *}) removed.
 *   <li>A chapter is cut at paragraph ends into passages of at least {@value #SHORTEST_PASSAGE}
 *       characters, seldom over 3000; the rest of a chapter joins its last passage.
 *   <li>Chapters and passages have a rank: the SHA-256 of {@code seed:name}. The chapter of lowest
 *       rank in each novel is held out as a whole; its first {@value #TEST_PASSAGES_PER_NOVEL}
 *       passages are the test text. All other chapters are the training text, and the {@value
 *       #CALIBRATION_PASSAGES} training passages of lowest rank are also the calibration text.
 * </ul>
 */
public final class DemoText {
  static final int SHORTEST_PASSAGE = 1500;
  static final int TEST_PASSAGES_PER_NOVEL = 6;
  static final int CALIBRATION_PASSAGES = 400;

  private static final Pattern CHAPTER =
      Pattern.compile("\\s*chapter ([ivxlc]+|\\d+)\\.?\\s*", Pattern.CASE_INSENSITIVE);

  private static final Pattern VOLUME =
      Pattern.compile("\\s*volume [ivx]+\\s*", Pattern.CASE_INSENSITIVE);

  /** Closing words, or the footnotes at the end of a novel that has none. */
  private static final Pattern END =
      Pattern.compile("\\s*(finis|the end|\\*vide a letter .*)\\s*", Pattern.CASE_INSENSITIVE);

  private static final Pattern ORNAMENT = Pattern.compile("[\\s*]+");

  private DemoText() {}

  /** The three texts; every list is in the order of novels, chapters and passages. */
  public record Split(List<Passage> train, List<Passage> calibration, List<Passage> test) {
    public Split {
      train = List.copyOf(train);
      calibration = List.copyOf(calibration);
      test = List.copyOf(test);
    }
  }

  /**
   * A book.
   *
   * @param chapters the paragraphs of each chapter
   */
  record Work(String name, List<List<String>> chapters) {}

  /** Splits the novels, every {@code *.txt} of {@code folder} in the order of their names. */
  public static Split split(Path folder, long seed) throws IOException {
    return split(novels(folder), seed, CALIBRATION_PASSAGES);
  }

  /** Splits books, of which {@code calibrationPassages} training passages are calibration text. */
  static Split split(List<Work> works, long seed, int calibrationPassages) {
    List<Passage> train = new ArrayList<>();
    List<Passage> test = new ArrayList<>();
    for (Work work : works) {
      int heldOut = heldOut(work.name(), work.chapters().size(), seed);
      for (int chapter = 0; chapter < work.chapters().size(); chapter++) {
        List<Passage> passages =
            passages(work.name() + "/" + (chapter + 1), work.chapters().get(chapter));
        if (chapter == heldOut) {
          passages.stream().limit(TEST_PASSAGES_PER_NOVEL).forEach(test::add);
        } else {
          train.addAll(passages);
        }
      }
    }
    Set<String> chosen =
        train.stream()
            .map(Passage::source)
            .sorted(Comparator.comparing(source -> rank(seed, source)))
            .limit(calibrationPassages)
            .collect(Collectors.toSet());
    List<Passage> calibration =
        train.stream().filter(passage -> chosen.contains(passage.source())).toList();
    return new Split(train, calibration, test);
  }

  /** Every {@code *.txt} of a folder, in the order of their names. */
  static List<Work> novels(Path folder) throws IOException {
    List<Path> sorted;
    try (Stream<Path> files = Files.list(folder)) {
      sorted = files.filter(file -> file.toString().endsWith(".txt")).sorted().toList();
    }
    List<Work> novels = new ArrayList<>();
    for (Path file : sorted) {
      String name = file.getFileName().toString().replaceFirst("\\.txt$", "");
      novels.add(new Work(name, chapters(Files.readAllLines(file, StandardCharsets.UTF_8))));
    }
    return novels;
  }

  private static int heldOut(String novel, int chapters, long seed) {
    int lowest = 0;
    for (int chapter = 1; chapter < chapters; chapter++) {
      String rank = rank(seed, novel + "/" + (chapter + 1));
      if (rank.compareTo(rank(seed, novel + "/" + (lowest + 1))) < 0) {
        lowest = chapter;
      }
    }
    return lowest;
  }

  /** The paragraphs of each chapter, in order. */
  static List<List<String>> chapters(List<String> lines) {
    List<List<String>> chapters = new ArrayList<>();
    StringBuilder paragraph = new StringBuilder();
    for (String line : lines) {
      boolean heading = CHAPTER.matcher(line).matches();
      boolean end = END.matcher(line).matches();
      boolean text = !heading && !end && !VOLUME.matcher(line).matches();
      if (text && !line.isBlank() && !ORNAMENT.matcher(line).matches()) {
        paragraph.append(line).append(' ');
        continue;
      }
      if (!chapters.isEmpty() && !paragraph.isEmpty()) {
        chapters.get(chapters.size() - 1).add(unwrapped(paragraph));
      }
      paragraph.setLength(0);
      if (heading) {
        chapters.add(new ArrayList<>());
      }
      if (end) {
        return chapters;
      }
    }
    if (!chapters.isEmpty() && !paragraph.isEmpty()) {
      chapters.get(chapters.size() - 1).add(unwrapped(paragraph));
    }
    return chapters;
  }

  private static String unwrapped(CharSequence lines) {
    return lines.toString().replaceAll("[_*]", "").replaceAll("\\s+", " ").strip();
  }

  static List<Passage> passages(String chapter, List<String> paragraphs) {
    List<String> texts = new ArrayList<>();
    StringBuilder open = new StringBuilder();
    for (String paragraph : paragraphs) {
      open.append(open.isEmpty() ? "" : "\n").append(paragraph);
      if (open.length() >= SHORTEST_PASSAGE) {
        texts.add(open.toString());
        open.setLength(0);
      }
    }
    if (!open.isEmpty()) {
      String last = texts.isEmpty() ? "" : texts.remove(texts.size() - 1) + "\n";
      texts.add(last + open);
    }
    List<Passage> passages = new ArrayList<>();
    for (String text : texts) {
      passages.add(new Passage(chapter + "/" + (passages.size() + 1), text));
    }
    return passages;
  }

  static String rank(long seed, String name) {
    try {
      byte[] text = (seed + ":" + name).getBytes(StandardCharsets.UTF_8);
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java has SHA-256", e);
    }
  }

  /**
   * Writes the three texts: {@code DemoText novels-folder seed train.jsonl.gz calibration.jsonl.gz
   * test.jsonl.gz}.
   */
  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 5) {
      throw new IllegalArgumentException(
          "Expected five arguments: novels folder, seed, train, calibration and test file");
    }
    Split split = split(Path.of(arguments[0]), Long.parseLong(arguments[1]));
    Passage.writeAll(Path.of(arguments[2]), split.train());
    Passage.writeAll(Path.of(arguments[3]), split.calibration());
    Passage.writeAll(Path.of(arguments[4]), split.test());
  }
}
