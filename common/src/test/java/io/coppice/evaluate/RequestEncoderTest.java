package io.coppice.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.coppice.evaluate.TaskItem.Choice;
import io.coppice.evaluate.TaskItem.Page;
import io.coppice.evaluate.TaskItem.Question;
import io.coppice.failure.InvalidDataException;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RequestEncoderTest {
  private static final int BOS = 1;

  /** BOS, then one id a character, but "ab" and ". " are one. */
  private static final class Characters implements TaskTokenizer {
    @Override
    public int[] encode(String text, boolean addSpecialTokens) {
      IntStream tokens = text.replace("ab", "\u0002").replace(". ", "\u0003").codePoints();
      return (addSpecialTokens ? IntStream.concat(IntStream.of(BOS), tokens) : tokens).toArray();
    }

    @Override
    public int prefixToken() {
      return BOS;
    }
  }

  private static List<TokenRequest> encode(int positions, Choice... choices) {
    return new RequestEncoder(new Characters(), positions)
        .encode(new Question(List.of(choices), 0));
  }

  private static void assertRequest(TokenRequest request, int[] context, int... continuation) {
    assertThat(request.context()).containsExactly(context);
    assertThat(request.continuation()).containsExactly(continuation);
  }

  private static int[] ids(int... ids) {
    return ids;
  }

  @Test
  void theContinuationIsWhatIsLongerThanTheContext() {
    List<TokenRequest> requests =
        encode(9, Choice.after("xy", "z"), Choice.after("xy", "ab"), Choice.after("x", "é"));

    assertRequest(requests.get(0), ids(BOS, 'x', 'y'), ' ', 'z');
    assertRequest(requests.get(1), ids(BOS, 'x', 'y'), ' ', 2);
    assertRequest(requests.get(2), ids(BOS, 'x'), ' ', 'é');
  }

  @Test
  void spacesAtTheEndOfTheContextMoveToTheContinuation() {
    assertRequest(encode(9, new Choice("x \n", "y", 1)).get(0), ids(BOS, 'x'), ' ', '\n', 'y');
  }

  /** A merge over the boundary: the context keeps its own tokens, the rest is counted off. */
  @Test
  void tokensOverTheBoundaryCountForTheContext() {
    assertRequest(encode(9, new Choice("xa", "bc", 2)).get(0), ids(BOS, 'x', 'a'), 'c');
    assertRequest(encode(9, Choice.after("x.", "y")).get(0), ids(BOS, 'x', '.'), 'y');
    assertThatThrownBy(() -> encode(9, new Choice("xa", "b", 1)))
        .isInstanceOf(InvalidDataException.class)
        .hasMessage("its choice 'b' has no tokens of its own after the context");
  }

  @Test
  void anEmptyContextIsTheBeginToken() {
    assertRequest(encode(9, new Choice("", "ab", 2)).get(0), ids(BOS), 2);
    assertRequest(encode(9, new Choice(" ", "x", 1)).get(0), ids(BOS), ' ', 'x');
    assertRequest(encode(9, new Choice("", "\u0001x", 1)).get(0), ids(BOS), 'x');
  }

  @Test
  void whatIsLongerThanTheModelLosesItsBeginning() {
    List<TokenRequest> requests = encode(4, Choice.after("pqrs", "t"), Choice.after("s", "tu"));

    // Five tokens go in, of which the last is only predicted.
    assertRequest(requests.get(0), ids('q', 'r', 's'), ' ', 't');
    assertThat(requests.get(0).truncated()).isTrue();
    assertRequest(requests.get(1), ids(BOS, 's'), ' ', 't', 'u');
    assertThat(requests.get(1).truncated()).isFalse();
    assertRequest(encode(4, Choice.after("s", "tuv")).get(0), ids('s'), ' ', 't', 'u', 'v');
    assertThatThrownBy(() -> encode(4, Choice.after("s", "tuvw")))
        .isInstanceOf(InvalidDataException.class)
        .hasMessage("its choice ' tuvw' has 5 tokens, more than the model's 4 positions");
  }

  /** The example in the harness: ten tokens, four positions. */
  @Test
  void aPageIsPredictedWindowByWindow() {
    List<TokenRequest> requests =
        new RequestEncoder(new Characters(), 4).encode(new Page("0123456789", 1, 10));

    assertThat(requests).hasSize(3);
    assertRequest(requests.get(0), ids(BOS), '0', '1', '2', '3');
    assertRequest(requests.get(1), ids('3'), '4', '5', '6', '7');
    assertRequest(requests.get(2), ids('5', '6', '7'), '8', '9');
  }

  @Test
  void aShortPageIsOneWindowAndAnEmptyOneNone() {
    RequestEncoder encoder = new RequestEncoder(new Characters(), 4);

    assertRequest(encoder.encode(new Page("ab", 1, 2)).get(0), ids(BOS), 2);
    assertThat(encoder.encode(new Page("0123", 1, 4))).hasSize(1);
    assertThat(encoder.encode(new Page("", 1, 0))).isEmpty();
  }
}
