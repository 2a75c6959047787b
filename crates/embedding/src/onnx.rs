//! Transformer models in the ONNX format, run in this process.

use crate::blocking::computing;
use crate::embedder::normalise;
use crate::static_model::{named, unusable};
use crate::tokenizer_file::TokenizerFile;
use crate::{Embedder, EmbeddingError};
use async_trait::async_trait;
use gdg_config::{EmbeddingConfig, Environment};
use ort::session::{Session, SessionInputValue};
use ort::value::Tensor;
use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Tokens of a text that are looked at; what follows them is not. BERT's own bound, and `chunk_size` is meant for it.
const MAX_TOKENS: usize = 512;
/// The variable that says where the library of ONNX Runtime is.
const LIBRARY_VARIABLE: &str = "ORT_DYLIB_PATH";
/// What an encoder may take; one that needs more cannot be used.
const INPUTS: [&str; 3] = ["input_ids", "attention_mask", "token_type_ids"];

/// The one environment that ONNX Runtime has in a process.
static ENVIRONMENT: Mutex<Option<ort::environment::Environment>> = Mutex::new(None);

/// Runs a transformer: the mean of what it gives for the tokens of a text.
///
/// ONNX Runtime is no part of the program: its library (1.17 or later) is
/// loaded from where the variable `ORT_DYLIB_PATH` says, or else where the
/// system looks for libraries.
pub struct OnnxEmbedder {
    model: String,
    dimensions: usize,
    batch_size: usize,
    tokenizer: TokenizerFile,
    inputs: Vec<String>,
    session: Mutex<Session>,
}

impl OnnxEmbedder {
    /// Loads the library and the model, a folder with `model.onnx` (or that file itself, or `onnx/model.onnx`) and
    /// `tokenizer.json`, and embeds one word.
    pub fn open(config: &EmbeddingConfig, environment: &Environment) -> Result<Self, EmbeddingError> {
        computing(|| Self::load(config, environment))
    }

    fn load(config: &EmbeddingConfig, environment: &Environment) -> Result<Self, EmbeddingError> {
        let (folder, file) = files(config)?;
        let tokenizer = TokenizerFile::read(&folder, Some(MAX_TOKENS))?;
        let content = std::fs::read(&file)
            .map_err(|error| unusable(&folder, format!("its {} cannot be read: {error}", file.display())))?;
        let session = session(&content, environment, &folder)?;
        let inputs: Vec<String> = session.inputs().iter().map(|input| input.name().to_owned()).collect();
        if let Some(unknown) = inputs.iter().find(|input| !INPUTS.contains(&input.as_str())) {
            let known = INPUTS.join(", ");
            return Err(unusable(&folder, format!("it needs the input `{unknown}`; there are {known}")));
        }
        let mut embedder = Self {
            model: named("onnx", &folder, &content),
            dimensions: 0,
            batch_size: config.batch_size.get() as usize,
            tokenizer,
            inputs,
            session: Mutex::new(session),
        };
        let tried = embedder.vectors(&["word"]).map_err(|error| unusable(&folder, error.to_string()))?;
        embedder.dimensions = tried.first().map_or(0, Vec::len);
        Ok(embedder)
    }

    /// Vectors of texts that have a visible character.
    fn vectors(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbeddingError> {
        let failed = |reason: String| EmbeddingError::Model { model: self.model.clone(), reason };
        let tokens: Result<Vec<Vec<u32>>, String> =
            texts.iter().map(|text| self.tokenizer.framed_ids(text)).collect();
        let batch = Batch::of(&tokens.map_err(failed)?);
        let (shape, numbers) = self.run(&batch).map_err(|error| failed(error.to_string()))?;
        let width = shape.last().copied().unwrap_or(0);
        let mut vectors = match *shape.as_slice() {
            [rows, length, _] if (rows, length) == (batch.rows, batch.length) => batch.means(&numbers, width),
            // A model that takes the mean itself.
            [rows, _] if rows == batch.rows && width > 0 => {
                numbers.chunks(width).map(<[f32]>::to_vec).collect()
            }
            _ => return Err(failed(format!("its output has the shape {shape:?}"))),
        };
        if !vectors.iter().flatten().all(|number| number.is_finite()) {
            return Err(failed("its output has numbers that are not finite".into()));
        }
        vectors.iter_mut().for_each(|vector| normalise(vector));
        Ok(vectors)
    }

    /// The first output of the model, and its shape.
    fn run(&self, batch: &Batch) -> ort::Result<(Vec<usize>, Vec<f32>)> {
        let shape = [batch.rows, batch.length];
        let mut inputs: Vec<(Cow<'_, str>, SessionInputValue<'_>)> = Vec::with_capacity(self.inputs.len());
        for name in &self.inputs {
            let numbers = match name.as_str() {
                "input_ids" => batch.ids.clone(),
                "attention_mask" => batch.mask.clone(),
                _ => vec![0; batch.ids.len()],
            };
            inputs.push((Cow::from(name), Tensor::from_array((shape, numbers))?.into()));
        }
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let outputs = session.run(inputs)?;
        let (shape, numbers) = outputs[0].try_extract_tensor::<f32>()?;
        Ok((shape.iter().map(|axis| usize::try_from(*axis).unwrap_or(0)).collect(), numbers.to_vec()))
    }
}

#[async_trait]
impl Embedder for OnnxEmbedder {
    fn model(&self) -> &str {
        &self.model
    }

    fn dimensions(&self) -> usize {
        self.dimensions
    }

    async fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbeddingError> {
        let mut vectors = vec![vec![0.0; self.dimensions]; texts.len()];
        let mut places: Vec<usize> =
            (0..texts.len()).filter(|place| !texts[*place].trim().is_empty()).collect();
        // A batch is as long as its longest text: texts of like length together waste least.
        places.sort_by_key(|place| texts[*place].len());
        for batch in places.chunks(self.batch_size) {
            let batch_texts: Vec<&str> = batch.iter().map(|place| texts[*place]).collect();
            for (place, vector) in batch.iter().zip(computing(|| self.vectors(&batch_texts))?) {
                vectors[*place] = vector;
            }
        }
        Ok(vectors)
    }
}

impl fmt::Debug for OnnxEmbedder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnnxEmbedder")
            .field("model", &self.model)
            .field("dimensions", &self.dimensions)
            .finish_non_exhaustive()
    }
}

/// Tokens of several texts, padded to the longest.
struct Batch {
    rows: usize,
    length: usize,
    ids: Vec<i64>,
    mask: Vec<i64>,
}

impl Batch {
    fn of(texts: &[Vec<u32>]) -> Self {
        let length = texts.iter().map(Vec::len).max().unwrap_or(0).max(1);
        let mut batch = Self { rows: texts.len(), length, ids: Vec::new(), mask: Vec::new() };
        for ids in texts {
            let end = (batch.ids.len() / length + 1) * length;
            batch.ids.extend(ids.iter().map(|id| i64::from(*id)));
            batch.mask.resize(batch.ids.len(), 1);
            batch.ids.resize(end, 0);
            batch.mask.resize(end, 0);
        }
        batch
    }

    /// Of each text, the mean over its own tokens.
    fn means(&self, numbers: &[f32], width: usize) -> Vec<Vec<f32>> {
        let mut means = vec![vec![0.0; width]; self.rows];
        for (at, states) in numbers.chunks_exact(width.max(1)).enumerate() {
            if self.mask.get(at) == Some(&1) {
                means[at / self.length].iter_mut().zip(states).for_each(|(sum, number)| *sum += number);
            }
        }
        // They are normalised next: the number of tokens need not be divided by.
        means
    }
}

/// The model's folder and the file in it.
fn files(config: &EmbeddingConfig) -> Result<(PathBuf, PathBuf), EmbeddingError> {
    let Some(model) = &config.model else {
        return Err(EmbeddingError::Unusable {
            key: "embedding.model",
            found: "nothing".into(),
            allowed: "provider `onnx` needs a folder with model.onnx and tokenizer.json".into(),
        });
    };
    let path = Path::new(model);
    if path.is_file() {
        let folder = path.parent().unwrap_or(Path::new(".")).to_path_buf();
        return Ok((folder, path.to_path_buf()));
    }
    let choices = [path.join("model.onnx"), path.join("onnx").join("model.onnx")];
    match choices.into_iter().find(|file| file.is_file()) {
        Some(file) => Ok((path.to_path_buf(), file)),
        None => Err(unusable(path, "it must be a folder with model.onnx and tokenizer.json, or such a file")),
    }
}

fn session(content: &[u8], environment: &Environment, folder: &Path) -> Result<Session, EmbeddingError> {
    let mut shared = ENVIRONMENT.lock().unwrap_or_else(PoisonError::into_inner);
    let environment = match shared.as_ref() {
        Some(environment) => environment,
        None => shared.insert(load_library(environment)?),
    };
    let session = Session::builder(environment).and_then(|mut builder| builder.commit_from_memory(content));
    session.map_err(|error| unusable(folder, format!("ONNX Runtime cannot read it: {error}")))
}

fn load_library(environment: &Environment) -> Result<ort::environment::Environment, EmbeddingError> {
    let default = format!("{}onnxruntime{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let path = environment.get(LIBRARY_VARIABLE).filter(|path| !path.is_empty()).unwrap_or(&default);
    let problem = |reason: String| EmbeddingError::Unusable {
        key: "embedding.provider",
        found: "`onnx`".into(),
        allowed: format!(
            "the library of ONNX Runtime (1.17 or later) cannot be loaded from {path}: {reason}; the variable \
             {LIBRARY_VARIABLE} says where it is"
        ),
    };
    let builder = ort::init_from(path).map_err(|error| problem(error.to_string()))?;
    builder.with_telemetry(false).build().map_err(|error| problem(error.to_string()))
}
