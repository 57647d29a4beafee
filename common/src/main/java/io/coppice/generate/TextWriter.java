package io.coppice.generate;

import io.coppice.failure.InvalidDataException;
import io.coppice.failure.UsageException;
import io.coppice.model.IncrementalDecoder;
import io.coppice.model.ModelInMemory;
import io.coppice.seed.Seeds;
import io.coppice.tensor.Arena;
import io.coppice.tensor.Blas;
import io.coppice.tensor.Tensor;
import io.coppice.text.TokenRoles;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Lets a model write texts, a group of them side by side, each in a slot: an opening, then tokens
 * sampled from the softmax over the whole vocabulary, up to the end token or a limit.
 *
 * <p>All slots of a group step through the model together until the last one is done, so every
 * matrix product has as many rows as there are slots, and a text depends, to the last bit, only on
 * its own seed and slot, not on the other texts. Belongs to one task.
 */
public final class TextWriter {
  /**
   * Texts that are written side by side. Fixed, because it decides the last bits of the products.
   */
  public static final int GROUP = 8;

  /**
   * Tokens of a random opening, in addition to the begin token: one drawn at random, four chosen
   * greedily.
   */
  public static final int OPENING = 5;

  /** The most texts of one run; their perplexities are compared in one place. */
  public static final int MOST_TEXTS = 10_000_000;

  /**
   * The most openings in a row that may miss the language, before it is taken for one that the
   * model does not write.
   */
  private static final int MOST_REJECTIONS = 300;

  private final TokenRoles roles;
  private final double temperature;
  private final int capacity;
  private final IncrementalDecoder decoder;
  private final TokenSampler sampler;
  private final Tensor logits;
  private final int[] step;

  /**
   * The settings of a writer.
   *
   * @param temperature of the sampling, more than 0; 1 for the model's own distribution
   * @param capacity the most tokens of a text
   * @param slots texts that are written side by side; {@link #GROUP} wherever bytes must repeat
   */
  public record Settings(double temperature, int capacity, int slots) {}

  /**
   * @param arena provides keys, values and the scratch memory of a step
   */
  public TextWriter(
      ModelInMemory weights, TokenRoles roles, Settings settings, Blas blas, Arena arena) {
    this.roles = roles;
    temperature = settings.temperature();
    capacity = settings.capacity();
    int slots = settings.slots();
    decoder = new IncrementalDecoder(weights, blas, arena, slots, room());
    sampler = new TokenSampler(weights.model().vocabularySize());
    logits = arena.tensor(slots, weights.model().vocabularySize());
    step = new int[slots];
  }

  /**
   * Writes a text for every slot.
   *
   * @param seeds of the texts, by slot
   * @param limits the most tokens of each text, by slot, at most the capacity; 0 for no text
   * @return the texts by slot; without tokens where none were wanted
   * @throws UsageException if no opening is in the wanted language
   * @throws InvalidDataException if the tokenizer has no ordinary token to begin with
   */
  public List<WrittenText> write(Openings openings, long[] seeds, int[] limits) {
    List<Slot> slots =
        IntStream.range(0, step.length).mapToObj(i -> new Slot(seeds[i], limits[i])).toList();
    int opened =
        openings instanceof Openings.ByChance random
            ? openByChance(slots, random)
            : open(slots, ((Openings.Given) openings).prefixes());
    for (int position = opened - 1; slots.stream().anyMatch(Slot::isWriting); position++) {
      step(slots, position);
      for (int i = 0; i < step.length; i++) {
        Slot slot = slots.get(i);
        if (slot.isWriting()) {
          sampler.read(logits, i);
          int token = sampler.draw(temperature, slot.random.nextDouble());
          slot.choose(token, sampler.loss(token));
          slot.ended = roles.ends().contains(token);
        }
      }
    }
    return slots.stream().map(Slot::text).toList();
  }

  /** The room of a slot: an opening is written whole, even where only a part of it is wanted. */
  private int room() {
    return Math.max(capacity, OPENING + 1);
  }

  /** The number of tokens that every slot begins with. */
  private int open(List<Slot> slots, List<int[]> prefixes) {
    int length = prefixes.get(0).length;
    for (int i = 0; i < step.length; i++) {
      slots.get(i).restart(0);
      for (int token : prefixes.get(i)) {
        slots.get(i).add(token);
      }
    }
    for (int position = 0; position < length - 1; position++) {
      step(slots, position);
    }
    return length;
  }

  /** The number of tokens that every slot begins with. */
  private int openByChance(List<Slot> slots, Openings.ByChance openings) {
    if (roles.ordinary().length == 0) {
      throw new InvalidDataException(
          "tokenizer.json lists no ordinary tokens in model.vocab, so no text can begin with one;"
              + " give --prefixes");
    }
    int given = (roles.beginning().isPresent() ? 1 : 0) + 1;
    boolean[] accepted = new boolean[step.length];
    for (int attempt = 0; !all(i -> accepted[i]); attempt++) {
      if (attempt > MOST_REJECTIONS) {
        throw new UsageException(
            "None of %d openings that the model wrote is in the wanted --language; give another one, or any"
                .formatted(MOST_REJECTIONS));
      }
      for (int i = 0; i < step.length; i++) {
        if (!accepted[i]) {
          begin(slots.get(i), attempt);
        }
      }
      // Slots that are already open take part, which keeps the shape; their keys stay the same.
      for (int position = 0; position < given + OPENING - 2; position++) {
        step(slots, position);
        if (position >= given - 1) {
          extendGreedily(slots, accepted);
        }
      }
      for (int i = 0; i < step.length; i++) {
        accepted[i] = accepted[i] || accepts(slots.get(i), openings);
      }
    }
    return given + OPENING - 1;
  }

  private void begin(Slot slot, int attempt) {
    slot.restart(attempt);
    roles.beginning().ifPresent(slot::add);
    slot.add(roles.ordinary()[slot.random.nextInt(roles.ordinary().length)]);
  }

  private void extendGreedily(List<Slot> slots, boolean[] accepted) {
    for (int i = 0; i < step.length; i++) {
      if (!accepted[i]) {
        sampler.read(logits, i);
        int token = sampler.likeliest();
        slots.get(i).choose(token, sampler.loss(token));
      }
    }
  }

  /**
   * Whether an opening is accepted: idle slots accept any; one in which the model ends the text is
   * rejected.
   */
  private boolean accepts(Slot slot, Openings.ByChance openings) {
    int[] tokens = Arrays.copyOf(slot.tokens, slot.length);
    int first = roles.beginning().isPresent() ? 1 : 0;
    return slot.limit == 0
        || (Arrays.stream(tokens).skip(first).noneMatch(roles.ends()::contains)
            && openings.language().accepts(openings.decoding().decode(tokens)));
  }

  private void step(List<Slot> slots, int position) {
    for (int i = 0; i < step.length; i++) {
      step[i] = slots.get(i).at(position);
    }
    decoder.step(step, position, logits);
  }

  private boolean all(IntPredicate holds) {
    return IntStream.range(0, step.length).allMatch(holds);
  }

  /** One text as it grows. */
  private final class Slot {
    final long seed;
    final int limit;
    final int[] tokens = new int[room()];
    Random random;
    int rejected;
    int length;
    int chosen;
    double loss;
    boolean ended;

    Slot(long seed, int limit) {
      if (limit > capacity) {
        throw new IllegalArgumentException(
            "A text of %d tokens does not fit %d".formatted(limit, capacity));
      }
      this.seed = seed;
      this.limit = limit;
      this.random = new Random(seed);
    }

    /** Discards the text; another attempt makes another choice. */
    void restart(int attempt) {
      random = new Random(Seeds.mix(seed, attempt));
      rejected = attempt;
      length = 0;
      chosen = 0;
      loss = 0;
    }

    void add(int token) {
      tokens[length++] = token;
    }

    /** Adds a token that is the model's own choice. */
    void choose(int token, double itsLoss) {
      add(token);
      chosen++;
      loss += itsLoss;
    }

    boolean isWriting() {
      return !ended && length < limit;
    }

    /** The token at a position; the last one where the text is over. */
    int at(int position) {
      return tokens[Math.min(position, length - 1)];
    }

    WrittenText text() {
      return new WrittenText(
          Arrays.copyOf(tokens, Math.min(length, limit)),
          loss / chosen,
          ended ? WrittenText.Finish.END : WrittenText.Finish.LENGTH,
          rejected);
    }
  }
}
