package io.coppice.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.text.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;

/**
 * Reads broken {@code tokenizer.json} in a process of its own, which the native library may end.
 * Exit code 0 says that all were refused or usable.
 */
final class TokenizerTrial {
  /** The file that says which input is being read. */
  static final String CURRENT = "current";

  private static final long MOST_BYTES = 64L << 20;
  private static final int VOCABULARY = 40;
  private static final List<String> TEXTS =
      List.of("", "a", "abc cab", " Hello,  world! 12 ", "é😀\u0000\n\u200d", "ab".repeat(300));
  private static final List<String> SOUND =
      List.of(
          """
          {"version":"1.0","truncation":null,"padding":null,"added_tokens":[
          {"id":0,"content":"<unk>","single_word":false,"lstrip":false,"rstrip":false,
          "normalized":false,"special":true},
          {"id":1,"content":"<s>","single_word":false,"lstrip":true,"rstrip":false,
          "normalized":true,"special":true}],
          "normalizer":{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"_"},
          {"type":"Replace","pattern":{"String":" "},"content":"_"},{"type":"NFC"}]},
          "pre_tokenizer":null,
          "post_processor":{"type":"TemplateProcessing",
          "single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],
          "pair":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":1}}],
          "special_tokens":{"<s>":{"id":"<s>","ids":[1],"tokens":["<s>"]}}},
          "decoder":{"type":"Sequence","decoders":[
          {"type":"Replace","pattern":{"String":"_"},"content":" "},{"type":"ByteFallback"},
          {"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]},
          "model":{"type":"BPE","dropout":null,"unk_token":"<unk>",
          "continuing_subword_prefix":null,"end_of_word_suffix":null,"fuse_unk":true,
          "byte_fallback":true,"ignore_merges":false,
          "vocab":{"<unk>":0,"<s>":1,"<0x00>":2,"<0xC3>":3,"a":4,"b":5,"c":6,"_":7,"ab":8,"abc":9},
          "merges":["a b","ab c"]}}""",
          """
          {"version":"1.0","truncation":{"direction":"Right","max_length":4,
          "strategy":"LongestFirst","stride":1},"padding":{"strategy":{"Fixed":9},
          "direction":"Left","pad_to_multiple_of":8,"pad_id":0,"pad_type_id":0,"pad_token":"x"},
          "added_tokens":[{"id":12,"content":"<end>","single_word":true,"lstrip":false,
          "rstrip":true,"normalized":false,"special":true}],"normalizer":null,
          "pre_tokenizer":{"type":"Sequence","pretokenizers":[
          {"type":"Split","pattern":{"Regex":"\\\\p{N}{1,3}|[^\\\\s]+|\\\\s"},"behavior":"Isolated",
          "invert":false},{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,
          "use_regex":false}]},
          "post_processor":{"type":"Sequence","processors":[{"type":"ByteLevel",
          "add_prefix_space":true,"trim_offsets":false,"use_regex":true},
          {"type":"TemplateProcessing","single":[{"Sequence":{"id":"A","type_id":0}},
          {"SpecialToken":{"id":"<end>","type_id":0}}],"pair":[{"Sequence":{"id":"A","type_id":0}},
          {"Sequence":{"id":"B","type_id":1}}],
          "special_tokens":{"<end>":{"id":"<end>","ids":[12],"tokens":["<end>"]}}}]},
          "decoder":{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,
          "use_regex":true},
          "model":{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":"##",
          "end_of_word_suffix":"</w>","fuse_unk":false,"byte_fallback":false,
          "vocab":{"a":0,"b":1,"##b":2,"##c":3,"ab":4,"abc":5,"d</w>":6,"##d</w>":7,"abd</w>":8},
          "merges":[["a","##b"],["ab","##c"],["ab","##d</w>"]]}}""",
          """
          {"version":"1.0","truncation":null,"padding":null,"added_tokens":[],
          "normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,
          "strip_accents":null,"lowercase":true},"pre_tokenizer":{"type":"BertPreTokenizer"},
          "post_processor":{"type":"BertProcessing","sep":["[SEP]",2],"cls":["[CLS]",1]},
          "decoder":{"type":"WordPiece","prefix":"##","cleanup":true},
          "model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##",
          "max_input_chars_per_word":100,
          "vocab":{"[UNK]":0,"[CLS]":1,"[SEP]":2,"a":3,"##b":4,"hello":5,"world":6}}}""",
          """
          {"version":"1.0","truncation":null,"padding":null,"added_tokens":[],
          "normalizer":{"type":"Sequence","normalizers":[{"type":"Strip","strip_left":true,
          "strip_right":true},{"type":"Lowercase"},{"type":"Nmt"},{"type":"NFKD"},
          {"type":"StripAccents"},{"type":"Replace","pattern":{"Regex":" {2,}"},"content":" "}]},
          "pre_tokenizer":{"type":"Metaspace","replacement":"_","prepend_scheme":"always",
          "split":true},"post_processor":{"type":"RobertaProcessing","sep":["</s>",2],
          "cls":["<s>",1],"trim_offsets":true,"add_prefix_space":true},
          "decoder":{"type":"Metaspace","replacement":"_","prepend_scheme":"always","split":true},
          "model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0.0],["<s>",0.0],["</s>",0.0],
          ["_",-1.5],["a",-2.0],["b",-2.5],["ab",-3.0],["_hello",-4.25],["c",-5.0]],
          "byte_fallback":false}}""",
          """
          {"version":"1.0","truncation":null,"padding":null,"added_tokens":[],"normalizer":null,
          "pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Whitespace"},
          {"type":"Digits","individual_digits":true},{"type":"Punctuation","behavior":"Removed"},
          {"type":"CharDelimiterSplit","delimiter":"c"},{"type":"UnicodeScripts"}]},
          "post_processor":null,"decoder":{"type":"CTC","pad_token":"a","word_delimiter_token":"|",
          "cleanup":true},"model":{"type":"WordLevel","unk_token":"<unk>",
          "vocab":{"<unk>":0,"ab":1,"a":2,"world":3}}}""");

  private static final Configuration HADOOP = new Configuration();

  private TokenizerTrial() {}

  /** {@code FOLDER SEED FIRST END} */
  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    long seed = Long.parseLong(arguments[1]);
    int end = Integer.parseInt(arguments[3]);
    Files.writeString(
        folder.resolve("config.json"),
        "{\"vocab_size\":%d,\"bos_token_id\":1}".formatted(VOCABULARY));
    int usable = 0;
    for (int i = Integer.parseInt(arguments[2]); i < end; i++) {
      Files.writeString(folder.resolve(CURRENT), String.valueOf(i));
      byte[] json = json(seed, i);
      Files.write(folder.resolve("tokenizer.json"), json);
      boolean used = use(folder, new String(json, StandardCharsets.UTF_8));
      assertThat(used || i >= SOUND.size()).as("sound file %d", i).isTrue();
      usable += used ? 1 : 0;
    }
    System.out.println(usable);
  }

  /** The broken file of that number. */
  static byte[] json(long seed, int number) {
    return number < SOUND.size()
        ? SOUND.get(number).getBytes(StandardCharsets.UTF_8)
        : new Mutations((seed * 1_000_003 + number) * 0x9E3779B97F4A7C15L)
            .json(SOUND.get(number % SOUND.size()));
  }

  private static boolean use(Path folder, String shown) {
    Outcome<Tokenizer> loaded =
        Outcome.of(
            shown,
            "tokenizer.json",
            MOST_BYTES,
            () -> Tokenizer.load(new org.apache.hadoop.fs.Path(folder.toString()), HADOOP));
    loaded.result().ifPresent(tokenizer -> use(tokenizer, shown));
    return loaded.result().isPresent();
  }

  private static void use(Tokenizer tokenizer, String shown) {
    try (tokenizer) {
      requireTokens(tokenizer.roles().ordinary(), shown);
      for (String text : TEXTS) {
        Outcome<int[]> ids =
            Outcome.of(shown, "tokenizer", MOST_BYTES, () -> tokenizer.encode(text, true));
        ids.result().ifPresent(found -> decode(tokenizer, found, shown));
      }
      decode(tokenizer, IntStream.range(0, VOCABULARY).toArray(), shown);
    }
  }

  private static void decode(Tokenizer tokenizer, int[] ids, String shown) {
    requireTokens(ids, shown);
    Outcome.of(shown + Arrays.toString(ids), "tokenizer", MOST_BYTES, () -> tokenizer.decode(ids));
  }

  private static void requireTokens(int[] ids, String shown) {
    assertThat(Arrays.stream(ids).allMatch(id -> id >= 0 && id < VOCABULARY)).as(shown).isTrue();
  }
}
