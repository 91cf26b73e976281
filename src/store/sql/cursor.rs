//! Reads a row from left to right, and names the place when a value cannot be understood.

use serde::de::{DeserializeOwned, IntoDeserializer, value::Error};
use serde_json::Value;
use uuid::Uuid;

use super::{Cell, Row};
use crate::{clock::Timestamp, crypto::Digest, store::StoreError};

/// Where reading stands in a row. The columns are taken in the order of the statement, a table's id first.
pub(super) struct Cursor<'a> {
    row: &'a dyn Row,
    table: &'static str,
    first: usize,
    next: usize,
}

impl<'a> Cursor<'a> {
    /// At the first column, which belongs to `table`.
    pub(super) fn new(row: &'a dyn Row, table: &'static str) -> Self {
        Self {
            row,
            table,
            first: 0,
            next: 0,
        }
    }

    /// The columns from here on belong to another `table`.
    pub(super) fn then(self, table: &'static str) -> Self {
        Self {
            table,
            first: self.next,
            ..self
        }
    }

    pub(super) fn int(&mut self, column: &'static str) -> Result<i64, StoreError> {
        match self.take() {
            Cell::Int(number) => Ok(number),
            _ => Err(self.corrupt(column)),
        }
    }

    pub(super) fn count(&mut self, column: &'static str) -> Result<u32, StoreError> {
        let number = self.int(column)?;
        u32::try_from(number).map_err(|_| self.corrupt(column))
    }

    pub(super) fn flag(&mut self, column: &'static str) -> Result<bool, StoreError> {
        self.int(column).map(|number| number != 0)
    }

    pub(super) fn time(&mut self, column: &'static str) -> Result<Timestamp, StoreError> {
        self.int(column).map(Timestamp::from_micros)
    }

    pub(super) fn maybe_time(
        &mut self,
        column: &'static str,
    ) -> Result<Option<Timestamp>, StoreError> {
        self.maybe(|cursor| cursor.time(column))
    }

    pub(super) fn text(&mut self, column: &'static str) -> Result<&'a str, StoreError> {
        match self.take() {
            Cell::Text(text) => Ok(text),
            _ => Err(self.corrupt(column)),
        }
    }

    pub(super) fn maybe_text(
        &mut self,
        column: &'static str,
    ) -> Result<Option<String>, StoreError> {
        self.maybe(|cursor| cursor.text(column).map(str::to_owned))
    }

    pub(super) fn id(&mut self, column: &'static str) -> Result<Uuid, StoreError> {
        match self.take() {
            Cell::Blob(bytes) => Uuid::from_slice(bytes).map_err(|_| self.corrupt(column)),
            _ => Err(self.corrupt(column)),
        }
    }

    pub(super) fn maybe_id(&mut self, column: &'static str) -> Result<Option<Uuid>, StoreError> {
        self.maybe(|cursor| cursor.id(column))
    }

    pub(super) fn maybe_digest(
        &mut self,
        column: &'static str,
    ) -> Result<Option<Digest>, StoreError> {
        self.maybe(|cursor| cursor.digest(column))
    }

    pub(super) fn digest(&mut self, column: &'static str) -> Result<Digest, StoreError> {
        match self.take() {
            Cell::Blob(bytes) => bytes
                .try_into()
                .map(Digest)
                .map_err(|_| self.corrupt(column)),
            _ => Err(self.corrupt(column)),
        }
    }

    pub(super) fn document<T: DeserializeOwned>(
        &mut self,
        column: &'static str,
    ) -> Result<T, StoreError> {
        let text = self.text(column)?;
        serde_json::from_str(text).map_err(|_| self.corrupt(column))
    }

    /// A document whose absence is `null`.
    pub(super) fn maybe_document(&mut self, column: &'static str) -> Result<Value, StoreError> {
        self.maybe(|cursor| cursor.document(column))
            .map(Option::unwrap_or_default)
    }

    pub(super) fn word<T: DeserializeOwned>(
        &mut self,
        column: &'static str,
    ) -> Result<T, StoreError> {
        let text = self.text(column)?;
        let source = IntoDeserializer::<Error>::into_deserializer(text);
        T::deserialize(source).map_err(|_| self.corrupt(column))
    }

    fn maybe<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        if matches!(self.row.cell(self.next), Cell::Null) {
            self.next += 1;
            return Ok(None);
        }
        read(self).map(Some)
    }

    fn take(&mut self) -> Cell<'a> {
        let cell = self.row.cell(self.next);
        self.next += 1;
        cell
    }

    fn corrupt(&self, column: &'static str) -> StoreError {
        let id = match self.row.cell(self.first) {
            Cell::Blob(bytes) => Uuid::from_slice(bytes).map_or_else(
                |_| data_encoding::HEXLOWER.encode(bytes),
                |id| id.to_string(),
            ),
            Cell::Text(text) => text.to_owned(),
            Cell::Int(number) => number.to_string(),
            Cell::Null => String::new(),
        };
        StoreError::Corrupt {
            table: self.table,
            column,
            id,
        }
    }
}
