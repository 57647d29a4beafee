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
 * The language that written text is to be in: one of the hundred that Apache OpenNLP's detector
 * tells apart, or any.
 *
 * <p>The detector weighs n-grams of one to three characters. Of five running words it names the
 * right one of these languages in some 95 of 100 cases; shorter English is often taken for another
 * language, but another language hardly ever for English, and a rejection only costs a new draw.
 *
 * @param code as the detector has it, ISO 639-3; {@link #ANY} for any language
 */
public record Language(String code) implements Serializable {
  /** The word for any language. */
  public static final String ANY = "any";

  /** What stands for bytes that are no character. */
  private static final int REPLACEMENT = 0xfffd;

  private static final String MODEL = "/langdetect-183.bin";

  /** Macrolanguages, of which the detector knows one language each. */
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
   * @throws UsageException if it is none that the detector knows
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
          "--language %s is no language that can be recognised; give a code of ISO 639 (en, de, fr), of %s, or any"
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
    // To what is no text the detector still answers something.
    return text ->
        text.codePoints().anyMatch(Character::isLetter)
            && text.codePoints().noneMatch(Language::isBroken)
            && detector.predictLanguage(text).getLang().equals(code);
  }

  /** Half a character, or a control character, as tokens that are single bytes may give. */
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
