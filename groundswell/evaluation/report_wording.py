"""The words of the report, in English and Chinese: every phrase once, and terms that come with the facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from groundswell.evaluation.opinion_wording import PageLanguage


class Phrase(NamedTuple):
    """A phrase in each language; braces are filled by `str.format`."""

    en: str
    zh: str


class Say:
    """Phrases and terms in one language."""

    def __init__(self, language: PageLanguage = "en") -> None:
        self.language: PageLanguage = language
        self.html_language = "zh-Hans" if language == "zh" else "en"

    def __call__(self, phrase: Phrase, *places: object, **values: object) -> str:
        return (phrase.zh if self.language == "zh" else phrase.en).format(*places, **values)

    def term(self, word: object) -> str:
        """A name from the facts: translated when it is a known one, otherwise as it is, with blanks for underscores."""
        written = str(word)
        known = TERMS.get(written)
        return written.replace("_", " ") if known is None else self(known)


# The page
FOOTER = Phrase(
    "Intervals: {level}, over rows or cases; Wilson score for shares, bootstrap for the rest. Nothing on this page "
    "loads from the network.",
    "区间：{level}，按行或案例；占比用 Wilson 区间，其余用自助抽样。本页不从网络加载任何内容。",
)
CONTENTS = Phrase("On this page", "本页内容")
NO_SCRIPT = Phrase(
    "Plots need JavaScript; the tables below them hold the same numbers.", "图表需要 JavaScript；图下表格含相同数据。"
)
NUMBERS = Phrase("The numbers", "数据")
AND_MORE = Phrase("{shown} of {all} shown", "共 {all} 项，显示 {shown} 项")
CHARACTERS_IN_ALL = Phrase("({count:,} characters in all)", "（全文共 {count:,} 字）")
CONFIDENCE = Phrase("confidence", "置信度")
INTERVAL = Phrase("interval", "区间")
VALUE = Phrase("value", "数值")
ROWS = Phrase("rows", "行数")
LABEL = Phrase("label", "标签")
TEXT = Phrase("text", "文本")
GOLD = Phrase("gold", "真实")
PREDICTED = Phrase("predicted", "预测")
NONE = Phrase("none", "无")
SPLIT = Phrase("split", "数据集")
METRIC = Phrase("metric", "指标")

# The summary
NOT_MEASURED = Phrase("not measured", "未评测")
RESULT_LINE = Phrase("{metric} {figures}, {split}, {rows:,} texts", "{metric} {figures}，{split}，{rows:,} 条文本")
RIGHT_SHARE = Phrase("of {rows:,} {split} texts get the right label", "的{split}文本判对标签（共 {rows:,} 条）")
HEADLINE_ROWS = Phrase("{metric}, measured on {rows:,} {split} texts", "{metric}，在 {rows:,} 条{split}文本上评测")
BETWEEN = Phrase(
    "between {low} and {high} for texts like these, {level} sure", "对同类文本，{level} 的把握在 {low} 到 {high} 之间"
)
MAJORITY = Phrase("always answering “{label}”: {share}", "总答“{label}”：{share}")
FEWER_MISTAKES = Phrase(
    "{fewer} fewer mistakes than always answering “{label}” ({share})", "比总答“{label}”（{share}）少 {fewer} 的错误"
)
NO_BETTER = Phrase(
    "On {split} the model is not surely better than always answering “{label}” ({share}).",
    "在{split}上，模型并不确定优于总答“{label}”（{share}）。",
)
WATCH_OUT = Phrase("Watch out", "请注意")
NOTHING_TO_WATCH = Phrase("No warning was raised.", "没有警告。")
ALL_WARNINGS = Phrase("all {count} warnings", "全部 {count} 条警告")
SCALE = Phrase(
    "{value}, interval {low} to {high}, on a scale from {start:g} to {end:g}",
    "{value}，区间 {low} 到 {high}，刻度 {start:g} 到 {end:g}",
)

# Warnings that follow from the numbers
ONLY_DEV = Phrase(
    "Measured on dev only, which has also chosen the epoch and so flatters the model. Name test data: data.test=FILE.",
    "只在验证集上评测，而它也用于选择轮次，结果偏乐观。请给出测试数据：data.test=FILE。",
)
WEAK_SLICE = Phrase(
    "Weaker on {by} “{name}”: {metric} {value} on {rows:,} rows, against {overall} overall.",
    "在{by}“{name}”上较弱：{metric} {value}（{rows:,} 行），总体为 {overall}。",
)
FAILED_CAPABILITY = Phrase(
    "Fails “{capability}” ({language}): {passed} of {cases} cases pass ({rate}).",
    "“{capability}”（{language}）未通过：{cases} 例中通过 {passed} 例（{rate}）。",
)
BIASED = Phrase(
    "Swapping “{first}” for “{second}” alone changes the label of {share} of {pairs} texts ({attribute}).",
    "仅把“{first}”换成“{second}”，{pairs} 条文本中有 {share} 改变标签（{attribute}）。",
)
OVERCONFIDENT = Phrase(
    "Its confidence is off by {ece} on average, even after scaling.", "校准后置信度平均仍偏差 {ece}。"
)
ATTACKED = Phrase(
    "Under attack ({name}) accuracy falls from {before} to {after}.",
    "受到攻击（{name}）时准确率由 {before} 降至 {after}。",
)
LABELS_WRONG = Phrase(
    "Gold labels that look wrong: {count}; see the mistakes worth reading.",
    "疑似有误的真实标签：{count} 个，见“值得一读的错误”。",
)

# Titles of sections
TRAINED_ON = Phrase("What was trained on what", "用什么数据训练了什么")
HOW_GOOD = Phrase("How good it is", "效果如何")
WHICH_LABELS = Phrase("Which labels it gets right", "各标签的对错")
CALIBRATION = Phrase("What its confidence is worth", "置信度是否可信")
SLICES = Phrase("Where it is weaker", "在哪里较弱")
BEHAVIOUR = Phrase("Behaviour", "行为测试")
BIAS = Phrase("Bias", "偏见")
ROBUSTNESS = Phrase("Robustness", "鲁棒性")
ERRORS = Phrase("Mistakes worth reading", "值得一读的错误")
EVIDENCE = Phrase("Why it answers so", "为何如此判断")
CURVES = Phrase("How training went", "训练过程")
ACCOUNTING = Phrase("Every row accounted for", "每行数据的去向")
COSTS = Phrase("What it cost", "代价")
ONE_WARNING = Phrase("1 warning", "1 条警告")
WARNINGS = Phrase("{count} warnings", "{count} 条警告")
WHOLE_RECIPE = Phrase("The whole recipe", "完整配方")
EVERY_SETTING = Phrase("Every setting, defaults included", "全部设置，含默认值")
MISSING = Phrase("Not measured", "未评测的项目")

# Metrics and labels
METRIC_CAPTION = Phrase("Each value with its bootstrap interval", "各指标及其自助抽样区间")
ON_ITS_SCALE = Phrase("on its scale", "刻度位置")
GUESS = Phrase(
    "For comparison: always answering “{label}” would reach accuracy {share:.3f} on {split}.",
    "对照：总答“{label}”在{split}上的准确率为 {share:.3f}。",
)
SAME_ON = Phrase("The same on {split}", "{split}上的同类结果")
LABELS_ON = Phrase("Labels on {split}", "{split}上的各标签")
WEAKEST_LABELS = Phrase(
    "The {shown} of {all} labels with the lowest F1 on {split}", "{split}上 F1 最低的 {shown} 个标签（共 {all} 个）"
)
PRECISION, RECALL, F1 = Phrase("precision", "精确率"), Phrase("recall", "召回率"), Phrase("F1", "F1")
CONFUSION = Phrase(
    "Confusion on {split}: gold labels in rows, predicted labels in columns, with the share of the row",
    "{split}上的混淆矩阵：行为真实标签，列为预测标签，并列出占该行的比例",
)
CONFUSION_CORNER = Phrase("gold ↓<br>predicted →", "真实 ↓<br>预测 →")
CONFUSION_PLOT = Phrase(
    "Confusion on {split}: the darker, the larger the share of the gold label",
    "{split}上的混淆矩阵：颜色越深，占真实标签的比例越大",
)
CONFUSED_PAIRS = Phrase(
    "Confusion on {split}: the {shown} most frequent of {all} confused pairs; metrics.json has all",
    "{split}上的混淆：{all} 对中最常见的 {shown} 对；metrics.json 含全部",
)
SHARE_OF_GOLD = Phrase("share of gold", "占真实标签")

# Calibration
RELIABILITY = Phrase("Reliability: how often answers of a confidence are right", "可靠性：某一置信度的判断有多少是对的")
RELIABILITY_NOTE = Phrase(
    "A well-calibrated model lies on the dashed line; below it, it is too sure of itself. A dot's area is its texts.",
    "校准良好的模型落在虚线上；低于虚线表示过于自信。圆点面积表示文本数。",
)
SHARE_RIGHT = Phrase("share right", "判对比例")
RISK_COVERAGE = Phrase("Abstaining: accuracy on the texts it is most sure of", "弃权：只回答最有把握的文本时的准确率")
COVERAGE = Phrase("share of texts answered", "作答文本占比")
RISK_NOTE = Phrase(
    "Leave out what it is least sure of: `groundswell predict --coverage`, `--accuracy` or `--abstain-below` does so.",
    "略去最没把握的文本：`groundswell predict --coverage`、`--accuracy` 或 `--abstain-below`。",
)
THRESHOLD = Phrase("confidence from", "置信度下限")
CALIBRATION_CAPTION = Phrase(
    "Calibration on {split}, {rows:,} texts; temperature {temperature}, fitted on dev",
    "{split}上的校准，{rows:,} 条文本；温度 {temperature}，在验证集上拟合",
)
AFTER_SCALING, BEFORE_SCALING = Phrase("after scaling", "校准后"), Phrase("before", "校准前")
CONFORMAL_CAPTION = Phrase(
    "Sets of labels that hold the right one as often as promised (conformal prediction)",
    "按承诺的频率包含正确标签的标签集合（共形预测）",
)
PROMISED, ACHIEVED = Phrase("promised", "承诺"), Phrase("achieved", "实际")
MEAN_SIZE = Phrase("labels in a set, mean", "集合平均标签数")

# Slices
SLICES_PLOT = Phrase("{metric} of parts of {split}; upright: all of it", "{split}各部分的{metric}；竖线为总体")
SLICES_NOTE = Phrase(
    "Orange diamonds: worse than the whole beyond chance. Grey crosses: too few rows to tell.",
    "橙色菱形：差于总体且超出偶然；灰色十字：行数太少，难下结论。",
)
SLICE_BY, SLICE_NAME = Phrase("by", "划分"), Phrase("part", "部分")
OVERALL = Phrase("all", "总体")

# Behaviour and bias
BEHAVIOUR_INTRO = Phrase(
    "{passed:,} of {cases:,} cases pass in {capabilities} capabilities.",
    "{capabilities} 项能力，{cases:,} 个案例中通过 {passed:,} 个。",
)
BEHAVIOUR_PLOT = Phrase("Pass rate of each capability, {language}", "各项能力的通过率（{language}）")
BEHAVIOUR_NOTE = Phrase("Orange diamonds: surely fewer than 80% pass.", "橙色菱形：通过率确定低于 80%。")
PASS_RATE = Phrase("cases that pass", "通过率")
CAPABILITY, KIND, LANGUAGE = Phrase("capability", "能力"), Phrase("kind", "类型"), Phrase("language", "语言")
PASSED = Phrase("passed", "通过")
FAILURES = Phrase("What fails", "失败案例")
EXPECTED, FOUND = Phrase("expected", "期望"), Phrase("found", "结果")
SKIPPED = Phrase("Left out: {capability} ({language}): {why}", "略去：{capability}（{language}）：{why}")
BIAS_CAPTION = Phrase(
    "The same texts with one group's word swapped for another's: the label should not change",
    "同一文本只替换群体词：标签不应改变",
)
ATTRIBUTE, SWAP, PAIRS = Phrase("attribute", "属性"), Phrase("swap", "替换"), Phrase("pairs", "对数")
LABELS_CHANGED, MEAN_SHIFT = Phrase("labels that change", "标签改变"), Phrase("mean shift of the score", "得分平均偏移")

# Robustness
ROBUSTNESS_PLOT = Phrase(
    "Accuracy when texts are disturbed ({rows:,} texts); upright: undisturbed",
    "文本受扰动时的准确率（{rows:,} 条）；竖线为未扰动",
)
PERTURBATION, LABELS_KEPT = Phrase("disturbance", "扰动"), Phrase("labels kept", "标签不变")
UNDISTURBED = Phrase("undisturbed", "未扰动")
ATTACK = Phrase(
    "Attack “{name}” ({budget}): accuracy {accuracy}, with {words} words changed and {queries} questions asked of the "
    "model on average.",
    "攻击“{name}”（{budget}）：准确率 {accuracy}，平均改动 {words} 个词，询问模型 {queries} 次。",
)
ATTACK_EXAMPLES = Phrase("Texts that the attack turned", "被攻击成功的文本")
BEFORE_ATTACK, AFTER_ATTACK = Phrase("before", "攻击前"), Phrase("after", "攻击后")

# Errors and evidence
CONFIDENT = Phrase("Confident mistakes", "高置信度错误")
NEAREST = Phrase("Nearest training texts", "最相近的训练文本")
SIMILARITY = Phrase("similarity", "相似度")
LABEL_ERRORS = Phrase("Gold labels that look wrong", "疑似标错的真实标签")
SUGGESTED, PROBABILITY = Phrase("suggested", "建议"), Phrase("probability", "概率")
CLUSTERS = Phrase("Kinds of mistakes", "错误的类型")
CLUSTER = Phrase("{count:,} mistakes: {words}", "{count:,} 个错误：{words}")
FROM_SPLIT = Phrase("From {split}.", "取自{split}。")
EVIDENCE_NOTE = Phrase(
    "Solid underline and ＋: the word speaks for the answer; dashed and −: against it. Method: {method}.",
    "实线与＋：支持该判断的词；虚线与−：反对的词。方法：{method}。",
)
ANSWER = Phrase("answer", "判断")
FAITHFULNESS_CAPTION = Phrase(
    "Faithfulness: how far the answer's probability falls without the words named (comprehensiveness, higher is "
    "better) and with them alone (sufficiency, lower is better), beside random words",
    "忠实度：去掉所指词后概率下降多少（完备性，越高越好），只留所指词时下降多少（充分性，越低越好），与随机词对照",
)
METHOD = Phrase("method", "方法")
COMPREHENSIVENESS, SUFFICIENCY = Phrase("comprehensiveness", "完备性"), Phrase("sufficiency", "充分性")
RANDOM = Phrase("random {name}", "随机词{name}")

# What was trained
DRAWN_ROWS = Phrase("at most {:,} rows, drawn", "最多抽取 {:,} 行")
HELD_OUT = Phrase("{:.0%} of the training data, held out", "从训练数据留出 {:.0%}")
CLEANING, TOKENS = Phrase("cleaning: {}", "清洗：{}"), Phrase("tokens: {}", "词元：{}")
MOST_TOKENS = Phrase("at most {:,} tokens", "最多 {:,} 个词元")
LONGER_TEXTS, POOLING = Phrase("longer texts: {}", "超长文本：{}"), Phrase("{} pooling", "{} 池化")
WHOLE_WORDS = Phrase("whole words", "整词")
HEAD_LINE = Phrase("{name}: {task} of {data}", "{name}：{task}，数据 {data}")
HEAD_COLUMN = Phrase("{name}: {task} on {column} of {data}", "{name}：{task}，{data} 的 {column} 列")
ALL_WEIGHTS, HEAD_ONLY = Phrase("all weights", "全部权重"), Phrase("head only", "仅分类头")
RANK, TOP_LAYERS = Phrase("rank {}, alpha {:g}", "秩 {}，alpha {:g}"), Phrase("top {} layers", "顶部 {} 层")
EPOCHS, LEARNING_RATE = Phrase("{} epochs", "{} 轮"), Phrase("learning rate {:g}", "学习率 {:g}")
SCHEDULE, BATCH_TOKENS = Phrase("{} schedule", "{} 调度"), Phrase("{:,} tokens a batch", "每批 {:,} 个词元")
BEST_EPOCH_BY = Phrase("best epoch by dev {}", "按验证集{}选最佳轮次")

# Training, rows, costs
LOSS, DEV_METRIC = Phrase("Loss", "损失"), Phrase("{metric} on dev", "验证集{metric}")
EPOCH, SECONDS = Phrase("epoch", "轮次"), Phrase("seconds", "秒")
TRAINING_LOSS, STEP_LOSS = Phrase("training", "训练"), Phrase("single steps", "单步")
WEIGHTS_KEPT = Phrase("weights kept", "保留的权重")
EPOCH_NUMBERS = Phrase("The numbers of every epoch", "每轮数据")
EVERY_EPOCH = Phrase("Every epoch", "每轮")
ROWS_OF_SPLITS = Phrase("Rows of every split", "各数据集的行")
READ, KEPT, CUT, DROPPED = (
    Phrase("read", "读入"),
    Phrase("kept", "保留"),
    Phrase("of these cut", "其中截断"),
    Phrase("dropped", "略去"),
)
WHY = Phrase("Why", "原因")
WHAT_HAPPENED, FIRST_ROWS = Phrase("what happened", "去向"), Phrase("first rows", "前几行")
CUT_LIMIT = Phrase(
    "Cut rows are kept; the model reads up to {limit:,} tokens of them.",
    "截断的行仍保留；模型最多读 {limit:,} 个词元。",
)
MORE_ROWS = Phrase("{rows} and {more:,} more", "{rows} 等，另有 {more:,} 行")
TRAINABLE = Phrase(
    "{trainable:,} trainable of {total:,} ({share:.2%})", "{total:,} 中可训练 {trainable:,}（{share:.2%}）"
)

# What is missing, and how to get it
MISSING_INTRO = Phrase(
    "RUN is this run's folder, DATA a labelled file.", "RUN 为本次运行的文件夹，DATA 为有标签的文件。"
)
MISSING_PARTS: Mapping[str, tuple[Phrase, str]] = {
    "test": (
        Phrase("a test split that chose nothing", "未参与选择的测试集"),
        "groundswell train RECIPE data.test=DATA",
    ),
    "calibration": (Phrase("calibration", "校准"), "groundswell train RECIPE"),
    "slices": (Phrase("slices", "分组结果"), "groundswell train RECIPE"),
    "behaviour": (Phrase("behaviour and bias", "行为测试与偏见"), "groundswell report run RUN --findings behaviour"),
    "robustness": (Phrase("robustness", "鲁棒性"), "groundswell report run RUN --findings robustness"),
    "errors": (
        Phrase("label errors, clusters, nearest texts", "标签错误、错误类型、相近文本"),
        "groundswell report run RUN --findings errors",
    ),
    "evidence": (Phrase("words behind the answers", "判断依据的词"), "groundswell report run RUN --findings evidence"),
}

# Terms that come with the facts; what is not here is shown as it is
TERMS: Mapping[str, Phrase] = {
    "single_label": Phrase("single label", "单标签分类"), "multi_label": Phrase("multi label", "多标签分类"),
    "regression": Phrase("regression", "回归"), "opinions": Phrase("opinions", "观点抽取"),
    "multi_task": Phrase("multi task", "多任务"), "language_model": Phrase("language model", "语言模型"),
    "train": Phrase("train", "训练集"), "dev": Phrase("dev", "验证集"), "test": Phrase("test", "测试集"),
    "accuracy": Phrase("accuracy", "准确率"), "macro_f1": Phrase("macro F1", "宏平均 F1"),
    "micro_f1": Phrase("micro F1", "微平均 F1"), "weighted_f1": Phrase("weighted F1", "加权 F1"),
    "mcc": Phrase("MCC", "MCC"), "auroc": Phrase("AUROC", "AUROC"), "ccc": Phrase("CCC", "CCC"),
    "pearson": Phrase("Pearson r", "Pearson 相关"), "spearman": Phrase("Spearman rho", "Spearman 相关"),
    "mae": Phrase("mean absolute error", "平均绝对误差"), "rmse": Phrase("root mean square error", "均方根误差"),
    "f1": Phrase("F1, exact spans", "F1（区间完全一致）"), "loss": Phrase("loss", "损失"),
    "perplexity": Phrase("perplexity", "困惑度"),
    "masked_accuracy": Phrase("left-out tokens foreseen", "遮盖词元预测准确率"),
    "masked_perplexity": Phrase("perplexity of left-out tokens", "遮盖词元困惑度"),
    "ece": Phrase("calibration error (ECE)", "校准误差 (ECE)"), "brier": Phrase("Brier score", "Brier 分数"),
    "log_loss": Phrase("log loss", "对数损失"),
    "characters": Phrase("characters", "字符数"), "language": Phrase("language", "语言"),
    "source": Phrase("source", "来源"), "label": Phrase("label", "标签"), "time": Phrase("time", "时间"),
    "minimum functionality": Phrase("minimum functionality", "最低要求"), "invariance": Phrase("invariance", "不变性"),
    "directional": Phrase("directional", "方向性"), "en": Phrase("English", "英文"), "zh": Phrase("Chinese", "中文"),
    "task": Phrase("task", "任务"), "heads": Phrase("heads", "各任务"), "objective": Phrase("objective", "目标"),
    "training data": Phrase("training data", "训练数据"), "dev data": Phrase("dev data", "验证数据"),
    "test data": Phrase("test data", "测试数据"), "text": Phrase("text", "文本处理"),
    "encoder": Phrase("encoder", "编码器"), "tuning": Phrase("tuning", "微调"), "training": Phrase("training", "训练"),
    "seed": Phrase("seed", "随机种子"), "languages": Phrase("languages", "语言"), "model": Phrase("model", "模型"),
    "training data sha256": Phrase("training data sha256", "训练数据 sha256"), "commit": Phrase("commit", "代码版本"),
    "training time": Phrase("training time", "训练用时"), "whole run": Phrase("whole run", "全程用时"),
    "parameters": Phrase("parameters", "参数"), "model size": Phrase("model size", "模型大小"),
    "memory needed": Phrase("memory needed", "所需内存"), "memory estimated": Phrase("memory estimated", "估计内存"),
    "precision": Phrase("precision", "数值精度"), "hardware": Phrase("hardware", "硬件"),
    "processor": Phrase("processor", "处理器"), "cores": Phrase("cores", "核数"), "threads": Phrase("threads", "线程"),
    "instruction_sets": Phrase("instruction sets", "指令集"), "accelerators": Phrase("accelerators", "加速器"),
    "versions": Phrase("versions", "版本"), "blank text": Phrase("blank text", "空文本"),
    "no label": Phrase("no label", "无标签"), "held out as dev": Phrase("held out as dev", "留作验证集"),
    "not drawn (data.limit)": Phrase("not drawn (data.limit)", "未抽中 (data.limit)"),
    "cut": Phrase("cut", "截断"), "dropped": Phrase("dropped", "略去"),
}  # fmt: skip
