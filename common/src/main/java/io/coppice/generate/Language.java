package io.coppice.generate;

import io.coppice.failure.UsageException;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.Map;
import java.util.MissingResourceException;
import java.util.Set;
import java.util.TreeSet;
import opennlp.tools.langdetect.LanguageDetectorME;
import opennlp.tools.langdetect.LanguageDetectorModel;

/**
 * The language in which text is to be written: one of the hundred that Apache OpenNLP's detector
 * distinguishes, or any.
 *
 * <p>The detector weighs n-grams of one to three characters. For five consecutive words it names
 * the right language in some 95 of 100 cases; shorter English text is often taken for another
 * language, but another language is hardly ever taken for English, and a rejection only costs a new
 * draw.
 *
 * @param code the detector's code, ISO 639-3; {@link #ANY} for any language
 */
public record Language(String code) implements Serializable {
  /** The word for any language. */
  public static final String ANY = "any";

  /** The character that stands for bytes that are not characters. */
  private static final int REPLACEMENT = 0xfffd;

  private static final String MODEL = "/langdetect-183.bin";

  /** Macrolanguages, for each of which the detector knows one language. */
  private static final Map<String, String> MEMBERS =
      Map.of("zho", "cmn", "est", "ekk", "lav", "lvs", "fas", "pes", "nor", "nob");

  /** Loads the model, 10 MB, at the first use. */
  private static final class Loaded {
    static final LanguageDetectorModel MODEL = load();
  }

  /**
   * Reads a language's code.
   *
   * @param word ISO 639-1 or 639-3, or {@link #ANY}
   * @throws UsageException if the detector does not know it
   */
  public static Language of(String word) {
    String lower = word.toLowerCase(Locale.ROOT);
    if (lower.equals(ANY)) {
      return new Language(ANY);
    }
    String code = threeLetters(lower);
    code = MEMBERS.getOrDefault(code, code);
    Set<String> known =
        new TreeSet<>(Set.of(new LanguageDetectorME(Loaded.MODEL).getSupportedLanguages()));
    if (!known.contains(code)) {
      throw new UsageException(
          "--language %s is not a language that can be recognised; give a code of ISO 639 (en, de, fr), of %s, or any"
              .formatted(word, String.join(", ", known)));
    }
    return new Language(code);
  }

  /** A check for one thread. */
  public LanguageCheck check() {
    if (code.equals(ANY)) {
      return LanguageCheck.ANY;
    }
    LanguageDetectorME detector = new LanguageDetectorME(Loaded.MODEL);
    // The detector gives some answer even if there is no text.
    return text ->
        text.codePoints().anyMatch(Character::isLetter)
            && text.codePoints().noneMatch(Language::isBroken)
            && detector.predictLanguage(text).getLang().equals(code);
  }

  /**
   * Whether a character is half of one, or a control character, as tokens of single bytes may
   * produce.
   */
  private static boolean isBroken(int character) {
    return character == REPLACEMENT
        || (Character.isISOControl(character) && !Character.isWhitespace(character));
  }

  private static String threeLetters(String code) {
    if (code.length() == 2) {
      try {
        return Locale.forLanguageTag(code).getISO3Language();
      } catch (MissingResourceException e) {
        return code;
      }
    }
    return code;
  }

  private static LanguageDetectorModel load() {
    try (InputStream in = LanguageDetectorModel.class.getResourceAsStream(MODEL)) {
      return new LanguageDetectorModel(in);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot load the language detector's model", e);
    }
  }
}
