package io.coppice.hostile;

import io.coppice.text.convert.SentencePieceBytes;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Small tokenizers of every form and kind, to be broken; all ids are below 40. */
final class SoundTokenizers {
  private static final List<String> JSON =
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

  private static final String VOCABULARY =
      """
      {"<s>":0,"<pad>":1,"</s>":2,"a":3,"b":4,"c":5,"Ġ":6,"ab":7,"abc":8,"Ġab":9,"H":10,
      "e":11,"l":12,"o":13,"1":14,"2":15,"!":16}""";

  private static final String MERGES = "#version: 0.2\na b\nab c\nĠ ab\n";

  private SoundTokenizers() {}

  /** The files of each tokenizer, by name. */
  static List<Map<String, byte[]>> all() {
    return Stream.concat(
            JSON.stream().map(json -> Map.of("tokenizer.json", utf8(json))),
            Stream.of(opt(), qwen(), llama(), flags()))
        .toList();
  }

  private static Map<String, byte[]> opt() {
    return Map.of(
        "vocab.json",
        utf8(VOCABULARY),
        "merges.txt",
        utf8(MERGES),
        "special_tokens_map.json",
        utf8("{\"bos_token\":{\"content\":\"</s>\",\"normalized\":true},\"unk_token\":\"</s>\"}"),
        "added_tokens.json",
        utf8("{\"<x>\":17,\"<y>\":18}"),
        "tokenizer_config.json",
        utf8(
            "{\"tokenizer_class\":\"GPT2Tokenizer\",\"add_bos_token\":true,\"eos_token\":\"</s>\"}"));
  }

  private static Map<String, byte[]> qwen() {
    return Map.of(
        "vocab.json",
        utf8(VOCABULARY),
        "merges.txt",
        utf8(MERGES),
        "tokenizer_config.json",
        utf8(
            """
            {"tokenizer_class":"Qwen2Tokenizer","add_prefix_space":false,"bos_token":null,
            "eos_token":"<end>","additional_special_tokens":["<end>","<a>"],
            "added_tokens_decoder":{"17":{"content":"<end>","lstrip":false,"rstrip":true,
            "normalized":false,"single_word":false,"special":true}}}"""));
  }

  private static Map<String, byte[]> llama() {
    SentencePieceBytes model =
        SentencePieceBytes.llama()
            .piece("<0xC3>", 0, SentencePieceBytes.BYTE)
            .piece("<0xA9>", 0, SentencePieceBytes.BYTE)
            .piece("▁", -10)
            .piece("a", -11)
            .piece("b", -12)
            .piece("c", -13)
            .piece("ab", -1)
            .piece("abc", 0)
            .piece("▁ab", -3)
            .piece("<x>", 0, SentencePieceBytes.USER_DEFINED);
    return Map.of(
        "tokenizer.model",
        model.trained(2),
        "tokenizer_config.json",
        utf8(
            """
            {"tokenizer_class":"LlamaTokenizer","add_bos_token":true,"add_eos_token":true,
            "bos_token":"<s>","eos_token":"</s>","legacy":false,"pad_token":"<pad>"}"""));
  }

  /** A tokenizer.json whose template the configuration replaces. */
  private static Map<String, byte[]> flags() {
    return Map.of(
        "tokenizer.json",
        utf8(JSON.get(0)),
        "tokenizer_config.json",
        utf8(
            """
            {"tokenizer_class":"LlamaTokenizerFast","add_bos_token":false,"add_eos_token":true,
            "bos_token":{"content":"<s>","normalized":false},"eos_token":"<s>"}"""));
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
