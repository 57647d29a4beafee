package io.coppice.demo;

import io.coppice.demo.DemoText.Work;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes the texts of the larger model from books in the public domain: the novels of {@link
 * DemoText}, the King James Bible as Debian's program {@code bible} prints it, and entries of
 * Webster's dictionary of 1913 as Debian's package {@code dict-gcide} holds them.
 *
 * <p>Split as the demo's texts are; every book of the Bible is a work, and so are {@value
 * #ENTRIES_PER_WORK} entries of the dictionary, in chapters of {@value #ENTRIES_PER_CHAPTER}.
 */
public final class LargerText {
  static final int ENTRIES_PER_CHAPTER = 100;
  static final int ENTRIES_PER_WORK = 1000;
  private static final int SHORTEST_ENTRY = 300;
  private static final int DICTIONARY_CHARACTERS = 5_000_000;
  private static final int CALIBRATION_PASSAGES = 1500;

  private static final Pattern VERSE = Pattern.compile("(\\d?[A-Z][A-Za-z]*)(\\d+):\\d+ (.*)");

  /** Marks of sources, {@code \Pro*nun"ci*a`tion\}, and the same in parentheses. */
  private static final Pattern MARKUP =
      Pattern.compile(
          "\\[(1913 Webster|Webster 1913 Suppl\\.)]|\\\\[^\\\\]*\\\\|\\([^()]*[\\[`\"*][^()]*\\)|[{}]");

  /** Marks which show that an entry is younger than 1913, or broken. */
  private static final Pattern FOREIGN = Pattern.compile("PJC|WordNet|\uFFFD");

  private LargerText() {}

  /** The books of the Bible, from lines such as {@code Ge1:1 In the beginning}. */
  static List<Work> bible(List<String> lines) {
    Map<String, Map<String, StringBuilder>> books = new LinkedHashMap<>();
    for (String line : lines) {
      Matcher verse = VERSE.matcher(line);
      if (verse.matches()) {
        StringBuilder chapter =
            books
                .computeIfAbsent(verse.group(1), book -> new LinkedHashMap<>())
                .computeIfAbsent(verse.group(2), number -> new StringBuilder());
        chapter.append(chapter.isEmpty() ? "" : "\n").append(verse.group(3));
      }
    }
    List<Work> works = new ArrayList<>();
    books.forEach(
        (name, chapters) ->
            works.add(
                new Work(
                    name,
                    chapters.values().stream()
                        .map(chapter -> chapter.toString().lines().toList())
                        .toList())));
    return works;
  }

  /**
   * Webster's longer entries, each a paragraph: those of lowest rank, in the dictionary's order.
   *
   * @param dictionary entries that begin at the margin, with an empty line before
   */
  static List<Work> dictionary(String dictionary, long seed, int characters) {
    List<String> entries = new ArrayList<>();
    for (String entry : dictionary.split("\n\n(?=\\S)")) {
      boolean websters = entry.contains("[1913 Webster]") && !FOREIGN.matcher(entry).find();
      String text = MARKUP.matcher(entry).replaceAll(" ").replaceAll("\\s+", " ").strip();
      if (websters && text.length() >= SHORTEST_ENTRY) {
        entries.add(text);
      }
    }
    List<String> ranked =
        entries.stream().sorted(Comparator.comparing(entry -> DemoText.rank(seed, entry))).toList();
    int taken = 0;
    int length = 0;
    while (taken < ranked.size() && length < characters) {
      length += ranked.get(taken++).length();
    }
    List<String> chosen = ranked.subList(0, taken).stream().sorted().toList();
    List<Work> works = new ArrayList<>();
    for (List<String> work : pieces(chosen, ENTRIES_PER_WORK)) {
      works.add(new Work("webster-" + (works.size() + 1), pieces(work, ENTRIES_PER_CHAPTER)));
    }
    return works;
  }

  /** The dictionary has some bytes that are not UTF-8; their entries are not taken. */
  private static String utf8(Path file) throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
  }

  private static List<List<String>> pieces(List<String> list, int size) {
    List<List<String>> pieces = new ArrayList<>();
    for (int first = 0; first < list.size(); first += size) {
      pieces.add(list.subList(first, Math.min(first + size, list.size())));
    }
    return pieces;
  }

  /**
   * Writes the three texts: {@code LargerText novels-folder bible.txt gcide.dict seed
   * train.jsonl.gz calibration.jsonl.gz test.jsonl.gz}.
   */
  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 7) {
      throw new IllegalArgumentException(
          "Expected seven arguments: novels folder, Bible, dictionary, seed, train, calibration and"
              + " test file");
    }
    long seed = Long.parseLong(arguments[3]);
    List<Work> works = new ArrayList<>(DemoText.novels(Path.of(arguments[0])));
    works.addAll(bible(Files.readAllLines(Path.of(arguments[1]), StandardCharsets.UTF_8)));
    works.addAll(dictionary(utf8(Path.of(arguments[2])), seed, DICTIONARY_CHARACTERS));
    DemoText.Split split = DemoText.split(works, seed, CALIBRATION_PASSAGES);
    Passage.writeAll(Path.of(arguments[4]), split.train());
    Passage.writeAll(Path.of(arguments[5]), split.calibration());
    Passage.writeAll(Path.of(arguments[6]), split.test());
  }
}
