//! The ELF file around the debug sections: type `EXEC`, code sections at the addresses where the code already lies, one symbol per function.

use gimli::LittleEndian;
use gimli::SectionId;
use gimli::write::{EndianVec, Sections};
use object::elf;
use object::write::elf::{FileHeader, SectionHeader, SectionIndex, Sym, Writer};

use super::Placed;

/// A stretch of code without other people's bytes in between.
struct Text {
    start: u64,
    end: u64,
    index: SectionIndex,
}

pub(super) fn emit(
    objects: &[Placed<'_>],
    sections: &Sections<EndianVec<LittleEndian>>,
) -> Vec<u8> {
    let debug: Vec<(SectionId, &[u8])> = [
        SectionId::DebugInfo,
        SectionId::DebugAbbrev,
        SectionId::DebugLine,
        SectionId::DebugStr,
        SectionId::DebugRanges,
        SectionId::DebugFrame,
    ]
    .into_iter()
    .filter_map(|id| Some((id, sections.get(id)?.slice())))
    .filter(|(_, bytes)| !bytes.is_empty())
    .collect();

    let mut out = Vec::new();
    let mut writer = Writer::new(object::Endianness::Little, true, &mut out);
    writer.reserve_null_section_index();
    let text_name = writer.add_section_name(b".text");
    let mut texts: Vec<Text> = Vec::new();
    let mut sorted: Vec<&Placed> = objects.iter().collect();
    sorted.sort_by_key(|object| object.address);
    for object in &sorted {
        let end = object.address + object.len;
        match texts.last_mut() {
            // Padding up to the next function's alignment is nobody's.
            Some(last) if object.address < last.end + 64 => last.end = last.end.max(end),
            _ => texts.push(Text {
                start: object.address,
                end,
                index: writer.reserve_section_index(),
            }),
        }
    }
    let debug: Vec<_> = debug
        .into_iter()
        .map(|(id, bytes)| {
            writer.reserve_section_index();
            (writer.add_section_name(id.name().as_bytes()), bytes)
        })
        .collect();
    writer.reserve_symtab_section_index();
    writer.reserve_strtab_section_index();
    writer.reserve_shstrtab_section_index();

    writer.reserve_null_symbol_index();
    let symbols: Vec<_> = sorted
        .iter()
        .map(|object| {
            let text = texts
                .iter()
                .rev()
                .find(|text| text.start <= object.address)
                .expect("every object lies in a text section");
            writer.reserve_symbol_index(Some(text.index));
            let name = writer.add_string(object.code.name.as_bytes());
            (name, text.index, *object)
        })
        .collect();

    writer.reserve_file_header();
    let debug: Vec<_> = debug
        .into_iter()
        .map(|(name, bytes)| (name, bytes, writer.reserve(bytes.len(), 8)))
        .collect();
    writer.reserve_symtab();
    writer.reserve_strtab();
    writer.reserve_shstrtab();
    writer.reserve_section_headers();

    writer
        .write_file_header(&FileHeader {
            os_abi: elf::ELFOSABI_NONE,
            abi_version: 0,
            e_type: elf::ET_EXEC,
            e_machine: elf::EM_X86_64,
            e_entry: 0,
            e_flags: 0,
        })
        .expect("the buffer was reserved");
    for (_, bytes, _) in &debug {
        writer.write_align(8);
        writer.write(bytes);
    }
    writer.write_null_symbol();
    for (name, section, object) in symbols {
        writer.write_symbol(&Sym {
            name: Some(name),
            section: Some(section),
            st_info: (elf::STB_GLOBAL << 4) | elf::STT_FUNC,
            st_other: 0,
            st_shndx: 0,
            st_value: object.address,
            st_size: object.len,
        });
    }
    writer.write_strtab();
    writer.write_shstrtab();

    writer.write_null_section_header();
    for text in &texts {
        writer.write_section_header(&SectionHeader {
            name: Some(text_name),
            sh_type: elf::SHT_NOBITS,
            sh_flags: u64::from(elf::SHF_ALLOC | elf::SHF_EXECINSTR),
            sh_addr: text.start,
            sh_offset: 0,
            sh_size: text.end - text.start,
            sh_link: 0,
            sh_info: 0,
            sh_addralign: 16,
            sh_entsize: 0,
        });
    }
    for (name, bytes, offset) in debug {
        writer.write_section_header(&SectionHeader {
            name: Some(name),
            sh_type: elf::SHT_PROGBITS,
            sh_flags: 0,
            sh_addr: 0,
            sh_offset: offset as u64,
            sh_size: bytes.len() as u64,
            sh_link: 0,
            sh_info: 0,
            sh_addralign: 1,
            sh_entsize: 0,
        });
    }
    writer.write_symtab_section_header(1);
    writer.write_strtab_section_header();
    writer.write_shstrtab_section_header();
    out
}
