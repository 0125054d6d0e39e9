//! Half a second of silence, as a file in a form.
//!
//! Decides: the file's and the form's bytes. Must not know: who takes them.

/// The form's content type.
pub(super) const CONTENT_TYPE: &str = "multipart/form-data; boundary=channelwarden-probe-7f9d2c";
const BOUNDARY: &str = "channelwarden-probe-7f9d2c";
/// Samples a second.
const RATE: u32 = 8_000;
/// Bytes of half a second, one channel, 16 bits.
const SILENCE: u32 = RATE;

/// The model's name, and a file whose name ends in `.wav`: several providers go by that.
pub(super) fn form(model: &str) -> Vec<u8> {
    let mut form = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n{model}\r\n\
         --{BOUNDARY}\r\nContent-Disposition: form-data; name=\"response_format\"\r\n\r\njson\r\n\
         --{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"silence.wav\"\r\n\
         Content-Type: audio/wav\r\n\r\n"
    )
    .into_bytes();
    form.extend(wav());
    form.extend(format!("\r\n--{BOUNDARY}--\r\n").into_bytes());
    form
}

/// RIFF, one `fmt ` and one `data` chunk: PCM, one channel, 16 bits.
fn wav() -> Vec<u8> {
    let mut wav = Vec::with_capacity(44 + SILENCE as usize);
    wav.extend(b"RIFF");
    wav.extend((36 + SILENCE).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16_u32.to_le_bytes());
    wav.extend(1_u16.to_le_bytes());
    wav.extend(1_u16.to_le_bytes());
    wav.extend(RATE.to_le_bytes());
    wav.extend((RATE * 2).to_le_bytes());
    wav.extend(2_u16.to_le_bytes());
    wav.extend(16_u16.to_le_bytes());
    wav.extend(b"data");
    wav.extend(SILENCE.to_le_bytes());
    wav.resize(44 + SILENCE as usize, 0);
    wav
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_says_how_long_it_is() {
        let wav = wav();
        assert_eq!(u32::from_le_bytes([wav[4], wav[5], wav[6], wav[7]]) as usize, wav.len() - 8);
        assert_eq!(u32::from_le_bytes([wav[40], wav[41], wav[42], wav[43]]) as usize, wav.len() - 44);
        assert!(CONTENT_TYPE.ends_with(BOUNDARY));
    }
}
