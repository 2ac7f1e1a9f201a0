//! Movies and rejects as Parquet, readable in place by DuckDB, Trino or Spark.
//!
//! Rows are gathered into small batches, batches are encoded and compressed at once, and what is encoded
//! goes to the file as a row group, so memory does not grow with the file.

use crate::{
    Error, Result,
    record::{MovieRecord, Named, Position, Reject},
    source::Companion,
};
use arrow::{
    array::{
        ArrayBuilder, ArrayRef, BooleanBuilder, Date32Builder, Float64Builder, Int64Builder,
        ListArray, RecordBatch, StringBuilder, StructArray,
    },
    buffer::OffsetBuffer,
    datatypes::{DataType, Date32Type, Field, Fields, Schema},
    error::ArrowError,
};
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression, ZstdLevel},
    file::properties::{EnabledStatistics, WriterProperties},
};
use std::{fs::File, path::Path, sync::Arc};

/// Rows of a row group, which readers take in parallel.
const GROUP_ROWS: usize = 64 << 10;
/// A row group with this many bytes in memory ends early.
pub(crate) const GROUP_BYTES: usize = 32 << 20;
/// Rows of a batch.
const BATCH_ROWS: usize = 4 << 10;
/// A batch from this many bytes of the file ends early.
const BATCH_BYTES: u64 = 8 << 20;

/// A column that is being filled.
trait Column: Default {
    fn data_type() -> DataType;
    /// Takes out what has been gathered.
    fn take(&mut self) -> Result<ArrayRef, ArrowError>;
}

macro_rules! plain_column {
    ($($builder:ty: $data_type:expr,)*) => {$(
        impl Column for $builder {
            fn data_type() -> DataType {
                $data_type
            }

            fn take(&mut self) -> Result<ArrayRef, ArrowError> {
                Ok(ArrayBuilder::finish(self))
            }
        }
    )*};
}

plain_column! {
    BooleanBuilder: DataType::Boolean,
    Date32Builder: DataType::Date32,
    Float64Builder: DataType::Float64,
    Int64Builder: DataType::Int64,
    StringBuilder: DataType::Utf8,
}

/// A column of lists of keys and names.
#[derive(Default)]
struct NamedList<K> {
    ids: K,
    names: StringBuilder,
    lengths: Vec<usize>,
}

impl<K: Column> NamedList<K> {
    fn item_fields() -> Fields {
        Fields::from(vec![
            Field::new("id", K::data_type(), false),
            Field::new("name", DataType::Utf8, false),
        ])
    }

    fn item() -> Arc<Field> {
        let item = DataType::Struct(Self::item_fields());
        Arc::new(Field::new_list_field(item, false))
    }

    fn append<V>(&mut self, list: &[Named<V>], append: impl Fn(&mut K, &V)) {
        for named in list {
            append(&mut self.ids, &named.id);
            self.names.append_value(&named.name);
        }
        self.lengths.push(list.len());
    }
}

impl<K: Column> Column for NamedList<K> {
    fn data_type() -> DataType {
        DataType::List(Self::item())
    }

    fn take(&mut self) -> Result<ArrayRef, ArrowError> {
        let offsets = OffsetBuffer::from_lengths(self.lengths.drain(..));
        let columns = vec![self.ids.take()?, self.names.take()?];
        let items = StructArray::try_new(Self::item_fields(), columns, None)?;
        let lists = ListArray::try_new(Self::item(), offsets, Arc::new(items), None)?;
        Ok(Arc::new(lists))
    }
}

fn field<C: Column>(name: &str, presence: &str) -> Field {
    Field::new(name, C::data_type(), presence == "optional")
}

/// A table's columns in the order in which they stand in the file.
trait Columns: Default {
    fn fields() -> Vec<Field>;
    fn take(&mut self) -> Result<Vec<ArrayRef>, ArrowError>;
}

macro_rules! columns {
    ($name:ident { $($presence:ident $column:ident: $builder:ty,)* }) => {
        #[derive(Default)]
        struct $name {
            $($column: $builder,)*
        }

        impl Columns for $name {
            fn fields() -> Vec<Field> {
                vec![$(field::<$builder>(stringify!($column), stringify!($presence)),)*]
            }

            fn take(&mut self) -> Result<Vec<ArrayRef>, ArrowError> {
                Ok(vec![$(self.$column.take()?,)*])
            }
        }
    };
}

columns!(MovieColumns {
    required id: Int64Builder,
    required title: StringBuilder,
    optional original_title: StringBuilder,
    optional imdb_id: StringBuilder,
    optional adult: BooleanBuilder,
    optional budget: Int64Builder,
    optional revenue: Int64Builder,
    optional popularity: Float64Builder,
    optional release_date: Date32Builder,
    optional runtime: Float64Builder,
    optional status: StringBuilder,
    optional original_language: StringBuilder,
    optional overview: StringBuilder,
    optional tagline: StringBuilder,
    optional homepage: StringBuilder,
    optional poster_path: StringBuilder,
    optional video: BooleanBuilder,
    optional vote_average: Float64Builder,
    optional vote_count: Int64Builder,
    optional collection_id: Int64Builder,
    optional collection_name: StringBuilder,
    required genres: NamedList<Int64Builder>,
    required companies: NamedList<Int64Builder>,
    required countries: NamedList<StringBuilder>,
    required languages: NamedList<StringBuilder>,
    required counted: BooleanBuilder,
    required source_line: Int64Builder,
    required source_byte_offset: Int64Builder,
    required source_byte_length: Int64Builder,
});

columns!(CompanionColumns {
    required kind: StringBuilder,
    required id: Int64Builder,
    required sub: Int64Builder,
    required payload: StringBuilder,
    required source_line: Int64Builder,
    required source_byte_offset: Int64Builder,
    required source_byte_length: Int64Builder,
});

columns!(RejectColumns {
    required line: Int64Builder,
    required byte_offset: Int64Builder,
    required byte_length: Int64Builder,
    required code: StringBuilder,
    required severity: StringBuilder,
    required rule: StringBuilder,
    optional column: StringBuilder,
    optional value: StringBuilder,
    required message: StringBuilder,
});

/// How Parquet is written here.
pub(crate) fn properties() -> Result<WriterProperties> {
    // Zstandard finds what repeats faster than dictionaries do, and makes the smaller file.
    Ok(WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_dictionary_enabled(false)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .build())
}

/// A Parquet file of a table.
struct Table<C> {
    columns: C,
    /// Rows and source bytes in `columns`.
    rows: usize,
    bytes: u64,
    schema: Arc<Schema>,
    writer: ArrowWriter<File>,
}

impl<C: Columns> Table<C> {
    fn create(path: &Path) -> Result<Self> {
        let file = File::create(path).map_err(|source| Error::Io {
            path: path.to_owned(),
            source,
        })?;
        let schema = Arc::new(Schema::new(C::fields()));
        let writer = ArrowWriter::try_new(file, schema.clone(), Some(properties()?))?;
        Ok(Self {
            columns: C::default(),
            rows: 0,
            bytes: 0,
            schema,
            writer,
        })
    }

    /// Counts a row that has been put into `columns`, and encodes them when they are enough.
    fn count(&mut self, position: &Position) -> Result<()> {
        self.rows += 1;
        self.bytes += position.byte_length;
        if self.rows >= BATCH_ROWS || self.bytes >= BATCH_BYTES {
            self.encode()?;
        }
        Ok(())
    }

    fn encode(&mut self) -> Result<()> {
        (self.rows, self.bytes) = (0, 0);
        let internal = |error: ArrowError| Error::Internal(format!("transformed file: {error}"));
        let columns = self.columns.take().map_err(internal)?;
        let batch = RecordBatch::try_new(self.schema.clone(), columns).map_err(internal)?;
        self.writer.write(&batch)?;
        if self.writer.memory_size() >= GROUP_BYTES {
            self.writer.flush()?;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<u64> {
        if self.rows > 0 {
            self.encode()?;
        }
        self.writer.finish()?;
        Ok(self.writer.bytes_written() as u64)
    }
}

/// Writes movies to a Parquet file.
///
/// Money is whole US dollars, `runtime` minutes; `counted` whether it is in the figures; `source_line`, `source_byte_offset` and
/// `source_byte_length` are the record's [`Position`].
pub struct MovieWriter(Table<MovieColumns>);

impl MovieWriter {
    /// Begins a file.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be made.
    pub fn create(path: &Path) -> Result<Self> {
        Table::create(path).map(Self)
    }

    /// Adds a movie.
    ///
    /// # Errors
    /// [`Error::Parquet`] when the file cannot be written.
    pub fn push(&mut self, position: &Position, movie: &MovieRecord) -> Result<()> {
        let to = &mut self.0.columns;
        to.id.append_value(movie.id);
        to.title.append_value(&movie.title);
        to.original_title
            .append_option(movie.original_title.as_deref());
        to.imdb_id.append_option(movie.imdb_id.as_deref());
        to.adult.append_option(movie.adult);
        to.budget.append_option(movie.budget);
        to.revenue.append_option(movie.revenue);
        to.popularity.append_option(movie.popularity);
        let days = movie.release_date.map(Date32Type::from_naive_date);
        to.release_date.append_option(days);
        to.runtime.append_option(movie.runtime);
        to.status.append_option(movie.status.as_deref());
        to.original_language
            .append_option(movie.original_language.as_deref());
        to.overview.append_option(movie.overview.as_deref());
        to.tagline.append_option(movie.tagline.as_deref());
        to.homepage.append_option(movie.homepage.as_deref());
        to.poster_path.append_option(movie.poster_path.as_deref());
        to.video.append_option(movie.video);
        to.vote_average.append_option(movie.vote_average);
        to.vote_count.append_option(movie.vote_count);
        let collection = movie.collection.as_ref();
        to.collection_id
            .append_option(collection.map(|named| named.id));
        to.collection_name
            .append_option(collection.map(|named| &named.name));
        to.genres
            .append(&movie.genres, |ids, id| ids.append_value(*id));
        to.companies
            .append(&movie.companies, |ids, id| ids.append_value(*id));
        to.countries
            .append(&movie.countries, |ids, id| ids.append_value(id));
        to.languages
            .append(&movie.languages, |ids, id| ids.append_value(id));
        to.counted.append_value(!movie.uncounted);
        to.source_line.append_value(position.line as i64);
        to.source_byte_offset
            .append_value(position.byte_offset as i64);
        to.source_byte_length
            .append_value(position.byte_length as i64);
        self.0.count(position)
    }

    /// Ends the file; answers its size in bytes.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub fn finish(self) -> Result<u64> {
        self.0.finish()
    }
}

/// Writes what companion files say of movies to a Parquet file.
pub struct CompanionWriter(Table<CompanionColumns>);

impl CompanionWriter {
    /// Begins a file.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be made.
    pub fn create(path: &Path) -> Result<Self> {
        Table::create(path).map(Self)
    }

    /// Adds what is said.
    ///
    /// # Errors
    /// [`Error::Parquet`] when the file cannot be written.
    pub fn push(&mut self, position: &Position, said: &Companion) -> Result<()> {
        let to = &mut self.0.columns;
        to.kind.append_value(said.kind.name());
        to.id.append_value(said.id);
        to.sub.append_value(said.sub);
        to.payload.append_value(&said.payload);
        to.source_line.append_value(position.line as i64);
        to.source_byte_offset
            .append_value(position.byte_offset as i64);
        to.source_byte_length
            .append_value(position.byte_length as i64);
        self.0.count(position)
    }

    /// Ends the file; answers its size in bytes.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub fn finish(self) -> Result<u64> {
        self.0.finish()
    }
}

/// Writes rejects to a Parquet file.
pub struct RejectWriter(Table<RejectColumns>);

impl RejectWriter {
    /// Begins a file.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be made.
    pub fn create(path: &Path) -> Result<Self> {
        Table::create(path).map(Self)
    }

    /// Adds a reject.
    ///
    /// # Errors
    /// [`Error::Parquet`] when the file cannot be written.
    pub fn push(&mut self, position: &Position, reject: &Reject) -> Result<()> {
        let to = &mut self.0.columns;
        to.line.append_value(position.line as i64);
        to.byte_offset.append_value(position.byte_offset as i64);
        to.byte_length.append_value(position.byte_length as i64);
        to.code.append_value(&reject.code);
        to.severity.append_value(reject.severity.name());
        to.rule.append_value(&reject.rule);
        to.column.append_option(reject.column.as_deref());
        to.value.append_option(reject.value.as_deref());
        to.message.append_value(&reject.message);
        self.0.count(position)
    }

    /// Ends the file; answers its size in bytes.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub fn finish(self) -> Result<u64> {
        self.0.finish()
    }
}
